using System.Security.Cryptography;
using ClusterProxy.Protocol.Tunnels;
using Xunit.Abstractions;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class CreditTests(ITestOutputHelper output)
{
    private const TunnelFeatureSet Features = TunnelFeatureSet.Credit | TunnelFeatureSet.HalfClose;

    [Fact]
    public async Task Send_CreditIsUsedUp_StopsAndSaysSo()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { InitialWindow = 1000 });
        var connection = tunnel.Connect(1, features: TunnelFeatureSet.Credit);
        await connection.Output.WriteAsync(new byte[2500]).DefaultTimeout();
        Assert.Equal(["Data 1 1000", "Credit 1 0"], await tunnel.ReadAsync(2).DefaultTimeout());
        connection.ReceiveCredit(1200);
        Assert.Equal(["Data 1 1200", "Credit 1 0"], await tunnel.ReadAsync(2).DefaultTimeout());
        connection.ReceiveCredit(5000);
        Assert.Equal(["Data 1 300"], await tunnel.ReadAsync(1).DefaultTimeout());
        await connection.Output.CompleteAsync();
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
    }

    [Fact]
    public async Task Abort_WhileWaitingForCredit_FreesTheProducer()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { InitialWindow = 1000 });
        var connection = tunnel.Connect(1, features: TunnelFeatureSet.Credit);
        var write = connection.Output.WriteAsync(new byte[tunnel.Limits.SendBuffer * 2]).AsTask();
        Assert.Equal(["Data 1 1000", "Credit 1 0"], await tunnel.ReadAsync(2).DefaultTimeout());
        connection.Abort(CloseReason.FrontendLost);
        Assert.True((await write.DefaultTimeout()).IsCompleted);
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
    }

    [Fact]
    public async Task Receive_WhenTheOwnerHasGone_ReturnsTheCreditForEveryByte()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { InitialWindow = 1000 });
        var connection = tunnel.Connect(1, features: TunnelFeatureSet.Credit);
        await connection.ReceiveAsync(new(new byte[400])).DefaultTimeout();
        await connection.Input.CompleteAsync();
        Assert.Equal(["Credit 1 400"], await tunnel.ReadAsync(1).DefaultTimeout());
        foreach (var length in (int[])[600, 300, 1000])
        {
            await connection.ReceiveAsync(new(new byte[length])).DefaultTimeout();
            Assert.Equal([$"Credit 1 {length}"], await tunnel.ReadAsync(1).DefaultTimeout());
        }

        Assert.Null(connection.Reason);
        Assert.Equal(0, connection.QueuedBytes);
        Assert.Equal(2300, connection.Window!.Received);
        Assert.Equal(1000, connection.Window.Granted - connection.Window.Received);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MaxValue)]
    public async Task ReceiveCredit_ThatNoPeerMayGrant_ClosesTheConnection(long bytes)
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, features: TunnelFeatureSet.Credit);
        connection.ReceiveCredit(bytes);
        Assert.Equal(CloseReason.ProtocolError, connection.Reason);
    }

    [Fact]
    public async Task Receive_PastTheCredit_ClosesTheConnection()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { InitialWindow = 1000 });
        var connection = tunnel.Connect(1, features: TunnelFeatureSet.Credit);
        await connection.ReceiveAsync(new(new byte[1000])).DefaultTimeout();
        Assert.Null(connection.Reason);
        await connection.ReceiveAsync(new(new byte[1])).DefaultTimeout();
        Assert.Equal(CloseReason.ProtocolError, connection.Reason);
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
    }

    [Fact]
    public async Task Transfer_StalledReaderBesideOthers_CostsNobodyAnything()
    {
        await using var link = new TunnelLink(Features);
        var (stalledSender, _) = link.Connect(1);
        var stalled = stalledSender.Output.WriteAsync(new byte[4 * 1024 * 1024]).AsTask();
        var (sender, receiver) = link.Connect(2);
        await TransferAsync(sender, receiver, 20 * 1024 * 1024, seed: 5).DefaultTimeout();
        Assert.False(stalled.IsCompleted);
        Assert.Null(stalledSender.Reason);
        Assert.InRange(link.Dialed.Find(1)!.QueuedBytes, 1, TunnelLimits.Default.InitialWindow);
        stalledSender.Abort(CloseReason.FrontendLost);
        await stalled.DefaultTimeout();
    }

    [Fact]
    public async Task Transfer_FastReader_WindowGrowsAndIsConserved()
    {
        await using var link = new TunnelLink(Features);
        var (sender, receiver) = link.Connect(1);
        await TransferAsync(sender, receiver, 64 * 1024 * 1024, seed: 6).DefaultTimeout();
        var window = receiver.Window!;
        output.WriteLine($"window {window.Size}");
        Assert.Equal(64 * 1024 * 1024, window.Received);
        Assert.InRange(window.Granted - window.Received, 0, window.Size);
    }

    [Fact]
    public async Task Transfer_ManyConnectionsRandomPaces_ArriveWhole()
    {
        var random = SeededRandom.Create(output.WriteLine);
        await using var link = new TunnelLink(Features, TunnelLimits.Default with { InitialWindow = 4096, SendBuffer = 32 * 1024 });
        var transfers = new List<Task>();
        for (var id = 1; id <= 20; id++)
        {
            var (dialer, dialed) = link.Connect(id);
            transfers.Add(TransferAsync(dialer, dialed, random.Next(0, 1_000_000), random.Next(), random.Next()));
            transfers.Add(TransferAsync(dialed, dialer, random.Next(0, 1_000_000), random.Next(), random.Next()));
        }

        await Task.WhenAll(transfers).DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(link.Dialer.Count + link.Dialed.Count == 0)).DefaultTimeout();
    }

    /// <summary>Sends pseudo-random bytes one way, ends the direction, and compares hashes.</summary>
    private static async Task TransferAsync(TunnelConnection sender, TunnelConnection receiver, int length, int seed, int? paceSeed = null)
    {
        var bytes = SeededBytes.Create(seed, length);
        var pace = paceSeed is { } s ? new Random(s) : null;
        var sending = SendAsync();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        while (true)
        {
            var read = await receiver.Input.ReadAsync();
            var take = pace is null ? read.Buffer.Length : pace.NextInt64(0, read.Buffer.Length + 1);
            foreach (var segment in read.Buffer.Slice(0, take))
            {
                hash.AppendData(segment.Span);
            }

            var taken = read.Buffer.GetPosition(take);
            receiver.Input.AdvanceTo(taken, taken);
            if (read.IsCompleted && take == read.Buffer.Length)
            {
                break;
            }
        }

        await sending;
        await receiver.Input.CompleteAsync();
        Assert.Equal(SHA256.HashData(bytes), hash.GetHashAndReset());

        async Task SendAsync()
        {
            var sizes = paceSeed is { } own ? new Random(own + 1) : null;
            for (var at = 0; at < length;)
            {
                var piece = Math.Min(sizes?.Next(1, 50_000) ?? 256 * 1024, length - at);
                at += piece;
                await sender.Output.WriteAsync(bytes.AsMemory(at - piece, piece));
            }

            await sender.Output.CompleteAsync();
        }
    }
}
