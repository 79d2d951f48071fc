using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class SocketPipeReaderTests : IAsyncDisposable
{
    private readonly Socket _client;
    private readonly DirectSocketConnection _connection;

    public SocketPipeReaderTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _client.Connect(listener.LocalEndPoint!);
        _connection = new DirectSocketConnection("1", listener.Accept(), TimeProvider.System);
    }

    private PipeReader Input => _connection.Input;

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _connection.DisposeAsync();
    }

    [Fact]
    public async Task Read_Cancelled_LeavesItsBytesToTheNext()
    {
        var first = Input.ReadAsync().AsTask();
        Input.CancelPendingRead();
        Assert.True((await first.DefaultTimeout()).IsCanceled);

        var second = Input.ReadAsync().AsTask();
        await _client.SendAsync(new byte[] { 7 }).DefaultTimeout();
        Assert.Equal([7], (await second.DefaultTimeout()).Buffer.ToArray());
    }

    [Fact]
    public async Task Read_CancelledBeforeItBegan_ReturnsOnceWithNothing()
    {
        Input.CancelPendingRead();

        Assert.True((await Input.ReadAsync().AsTask().DefaultTimeout()).IsCanceled);
        Assert.False(Input.TryRead(out _));
    }

    [Fact]
    public async Task Read_TokenFires_EndsThatReadOnly()
    {
        using var given = new CancellationTokenSource();
        var first = Input.ReadAsync(given.Token).AsTask();
        await given.CancelAsync();
        var fault = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.DefaultTimeout());
        Assert.Equal(given.Token, fault.CancellationToken);

        await _client.SendAsync(new byte[] { 7 }).DefaultTimeout();
        Assert.Equal([7], (await Input.ReadAsync().AsTask().DefaultTimeout()).Buffer.ToArray());
    }

    [Fact]
    public async Task Read_NothingConsumed_GrowsUntilTheEnd()
    {
        var sent = new byte[300_000];
        new Random(1).NextBytes(sent);
        var sending = SendAsync(sent);
        ReadResult result;
        while (true)
        {
            result = await Input.ReadAsync().AsTask().DefaultTimeout();
            if (result.IsCompleted)
            {
                break;
            }

            Input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
        }

        Assert.Equal(sent, result.Buffer.ToArray());
        await sending.DefaultTimeout();
    }

    [Fact]
    public async Task Read_NotAllExamined_ReturnsAtOnce()
    {
        await _client.SendAsync(new byte[] { 1, 2, 3 }).DefaultTimeout();
        var result = await Input.ReadAsync().AsTask().DefaultTimeout();
        Input.AdvanceTo(result.Buffer.GetPosition(1));

        Assert.Equal([2, 3], (await Input.ReadAsync().AsTask().DefaultTimeout()).Buffer.ToArray());
    }

    [Fact]
    public async Task Read_PeerResets_Fails()
    {
        var read = Input.ReadAsync().AsTask();
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Dispose();

        await Assert.ThrowsAsync<ConnectionResetException>(() => read.DefaultTimeout());
        Assert.Throws<ConnectionResetException>(() => Input.TryRead(out _));
    }

    [Fact]
    public async Task Read_ConnectionAborted_Fails()
    {
        var read = Input.ReadAsync().AsTask();
        _connection.Abort(new ConnectionAbortedException());

        await Assert.ThrowsAsync<ConnectionAbortedException>(() => read.DefaultTimeout());
    }

    [Fact]
    public async Task Read_AfterTheConnectionWasAborted_Fails()
    {
        _connection.Abort(new ConnectionAbortedException());

        await Assert.ThrowsAsync<ConnectionAbortedException>(() => Input.ReadAsync().AsTask().DefaultTimeout());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Read_AnyChunksAdvancesAndCancellations_LosesNothing(int seed)
    {
        var random = new Random(seed);
        if (random.Next(2) == 0)
        {
            _connection.RunReadsInline();
        }

        var sent = new byte[2_000_000];
        random.NextBytes(sent);
        var sending = SendAsync(sent, new Random(seed));
        using var received = new MemoryStream();
        var cancelling = CancelAsync(sending);
        while (true)
        {
            if (await ReadAsync(isGivenUp: random.Next(4) == 0) is not { } result)
            {
                continue;
            }

            var buffer = result.Buffer;
            var consumed = buffer.Slice(0, result.IsCompleted ? buffer.Length : random.NextInt64(buffer.Length + 1));
            received.Write(consumed.ToArray());
            Input.AdvanceTo(consumed.End, random.Next(2) == 0 ? consumed.End : buffer.End);
            if (result.IsCompleted)
            {
                break;
            }
        }

        Assert.True(sent.AsSpan().SequenceEqual(received.ToArray()), $"seed {seed}");
        await Task.WhenAll(sending, cancelling).DefaultTimeout();
    }

    /// <summary>Null when the token was faster than the bytes.</summary>
    private async Task<ReadResult?> ReadAsync(bool isGivenUp)
    {
        using var given = new CancellationTokenSource();
        var read = Input.ReadAsync(given.Token);
        var givingUp = isGivenUp ? Task.Run(given.Cancel) : Task.CompletedTask;
        try
        {
            return await read.AsTask().DefaultTimeout();
        }
        catch (OperationCanceledException) when (isGivenUp)
        {
            return null;
        }
        finally
        {
            await givingUp.DefaultTimeout();
        }
    }

    private async Task CancelAsync(Task until)
    {
        while (!until.IsCompleted)
        {
            Input.CancelPendingRead();
            await Task.Yield();
        }
    }

    private async Task SendAsync(byte[] bytes, Random? chunks = null)
    {
        await Task.Yield();
        for (var rest = bytes.AsMemory(); !rest.IsEmpty;)
        {
            var next = chunks is null ? rest.Length : Math.Min(rest.Length, chunks.Next(1, 100_000));
            await _client.SendAsync(rest[..next]);
            rest = rest[next..];
        }

        _client.Shutdown(SocketShutdown.Send);
    }
}
