using System.Buffers;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class TunnelConnectionTests
{
    private static readonly TunnelLimits Small = TunnelLimits.Default with
    {
        ConnectionBuffer = 1000,
        StallLimit = TimeSpan.FromMilliseconds(200),
        CloseTimeout = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    public async Task Receive_BytesThenEnd_AreReadThenTheEnd()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1);
        await connection.ReceiveAsync(Bytes(10)).DefaultTimeout();
        Assert.Equal(10, connection.QueuedBytes);
        connection.EndByPeer(CloseReason.TargetClosed);
        var read = await connection.Input.ReadAtLeastAsync(10).DefaultTimeout();
        connection.Input.AdvanceTo(read.Buffer.End);
        Assert.Equal(0, connection.QueuedBytes);
        Assert.True((await connection.Input.ReadAsync().DefaultTimeout()).IsCompleted);
        Assert.Equal(CloseReason.TargetClosed, await connection.Completion.DefaultTimeout());
        Assert.True((await connection.Output.WriteAsync(new byte[tunnel.Limits.SendBuffer]).DefaultTimeout()).IsCompleted);
    }

    [Fact]
    public async Task Receive_ReceiverNeverReads_OnlyItsConnectionIsClosed()
    {
        await using var tunnel = new TunnelPair(Small);
        var stalled = tunnel.Connect(1);
        var other = tunnel.Connect(2);
        await stalled.ReceiveAsync(Bytes(1000)).DefaultTimeout();
        Assert.Equal(CloseReason.Stalled, stalled.Reason);
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
        await stalled.ReceiveAsync(Bytes(1000)).DefaultTimeout();
        await other.ReceiveAsync(Bytes(10)).DefaultTimeout();
        Assert.Equal(10, (await other.Input.ReadAtLeastAsync(10).DefaultTimeout()).Buffer.Length);
        Assert.Null(other.Reason);
        stalled.EndByPeer(CloseReason.TargetClosed);
        Assert.Equal(CloseReason.Stalled, await stalled.Completion.DefaultTimeout());
    }

    [Fact]
    public async Task Receive_FullBuffer_WaitsUntilTheReceiverReads()
    {
        await using var tunnel = new TunnelPair(Small with { StallLimit = TimeSpan.FromMinutes(1) });
        var connection = tunnel.Connect(1);
        var receive = connection.ReceiveAsync(Bytes(1000)).AsTask();
        Assert.False(receive.IsCompleted);
        var read = await connection.Input.ReadAsync().DefaultTimeout();
        connection.Input.AdvanceTo(read.Buffer.End);
        await receive.DefaultTimeout();
        Assert.Null(connection.Reason);
    }

    [Fact]
    public async Task Receive_OwnerIsGone_BytesAreDropped()
    {
        await using var tunnel = new TunnelPair(Small);
        var connection = tunnel.Connect(1);
        connection.Abort(CloseReason.FrontendLost);
        await connection.Input.CompleteAsync();
        for (var i = 0; i < 10; i++)
        {
            await connection.ReceiveAsync(Bytes(1000)).DefaultTimeout();
        }

        Assert.Equal(CloseReason.FrontendLost, connection.Reason);
    }

    [Fact]
    public async Task Close_PeerNeverAnswers_EndsAtTheDeadline()
    {
        await using var tunnel = new TunnelPair(Small);
        var ended = 0;
        var connection = tunnel.Connect(1, onEnded: _ => ended++);
        await connection.Output.CompleteAsync();
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
        Assert.Equal(CloseReason.FrontendClosed, await connection.Completion.DefaultTimeout());
        Assert.Equal(1, ended);
    }

    [Fact]
    public async Task Close_DialedSide_AnswersOnceAndEnds()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, TunnelRole.Dialed);
        await connection.Output.WriteAsync(new byte[10]).DefaultTimeout();
        await connection.Output.CompleteAsync();
        Assert.Equal(["Data 1 10", "CloseRsp 1"], await tunnel.ReadAsync(2).DefaultTimeout());
        Assert.Equal(CloseReason.TargetClosed, await connection.Completion.DefaultTimeout());
        connection.Abort(CloseReason.ShuttingDown);
        tunnel.Writer.Complete();
        await tunnel.Writer.Completion.DefaultTimeout();
    }

    [Fact]
    public async Task Abort_QueuedBytes_AreDroppedAndThePeerIsTold()
    {
        await using var tunnel = new TunnelPair(window: 1);
        var connection = tunnel.Connect(1);
        _ = connection.Output.GetSpan(200 * 1024);
        connection.Output.Advance(200 * 1024);
        await connection.Output.FlushAsync().DefaultTimeout();
        connection.Abort(CloseReason.FrontendLost);
        var packets = new List<string>();
        while (!packets.Contains("CloseReq 1"))
        {
            packets.AddRange(await tunnel.ReadAsync(1).DefaultTimeout());
        }

        Assert.True(packets.Count <= 4, string.Join(", ", packets));
        Assert.True((await connection.Output.FlushAsync().DefaultTimeout()).IsCompleted);
        await connection.Output.CompleteAsync();
    }

    [Fact]
    public void CloseReasons_EachHasATagAndAWireText()
    {
        var tags = Enum.GetValues<CloseReason>().Select(r => r.ToTag()).ToList();
        Assert.Equal(tags.Count, tags.Distinct().Count());
        Assert.All(Enum.GetValues<CloseReason>(), r => Assert.NotNull(r.ToWireText()));
    }

    [Fact]
    public void CloseReason_ReadBackFromItsWireText_IsItself_AndForeignTextIsAnOrdinaryEnd()
    {
        foreach (var reason in Enum.GetValues<CloseReason>())
        {
            var text = reason.ToPeerText();
            Assert.Equal(text.Length == 0 ? CloseReason.TargetClosed : reason, CloseReasonNames.FromWireText(text));
        }

        Assert.Equal(CloseReason.TargetClosed, CloseReasonNames.FromWireText("Unknown connectID"));
    }

    private static ReadOnlySequence<byte> Bytes(int count) => new(new byte[count]);
}
