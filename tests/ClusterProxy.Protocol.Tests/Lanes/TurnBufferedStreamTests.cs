using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Lanes;

namespace ClusterProxy.Protocol.Tests.Lanes;

public sealed class TurnBufferedStreamTests : IAsyncDisposable
{
    private readonly Socket _peer;
    private readonly TurnBufferedStream _stream;

    public TurnBufferedStreamTests()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _peer = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        _peer.Connect(listener.LocalEndPoint!);
        _stream = new TurnBufferedStream(listener.Accept());
    }

    public async ValueTask DisposeAsync()
    {
        _peer.Dispose();
        await _stream.DisposeAsync();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Read_NothingThere_EndsWithTheFirstBytes(int length)
    {
        var buffer = new byte[100];
        for (byte i = 1; i <= 3; i++)
        {
            var read = _stream.ReadAsync(buffer.AsMemory(0, length)).AsTask();
            await _peer.SendAsync(new[] { i, i }).DefaultTimeout();

            var received = await read.DefaultTimeout();
            if (length == 0)
            {
                Assert.Equal(0, received);
                received = await _stream.ReadAsync(buffer).AsTask().DefaultTimeout();
            }

            Assert.Equal(2, received);
            Assert.Equal([i, i], buffer[..2]);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Read_PeerResets_FailsAsStreamsDo(int length)
    {
        var read = _stream.ReadAsync(new byte[length]).AsTask();
        Reset();

        // An empty read tells of bytes or of the end of them; whichever it is, the next one fails, or this one has.
        var fault = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await read.DefaultTimeout();
            await _stream.ReadAsync(new byte[100]).AsTask().DefaultTimeout();
        });
        Assert.IsType<SocketException>(fault.InnerException);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(100)]
    public async Task Read_TokenFires_LeavesTheBytesToTheNext(int length)
    {
        using var given = new CancellationTokenSource();
        var read = _stream.ReadAsync(new byte[length], given.Token).AsTask();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.DefaultTimeout());

        await _peer.SendAsync(new byte[] { 7 }).DefaultTimeout();
        var buffer = new byte[2];
        Assert.Equal(1, await _stream.ReadAsync(buffer).AsTask().DefaultTimeout());
        Assert.Equal(7, buffer[0]);
    }

    [Fact]
    public async Task Read_Disposed_FailsAsStreamsDo()
    {
        await _stream.DisposeAsync();

        await Assert.ThrowsAsync<IOException>(() => _stream.ReadAsync(new byte[1]).AsTask().DefaultTimeout());
        await Assert.ThrowsAsync<IOException>(() => _stream.ReadAsync(Memory<byte>.Empty).AsTask().DefaultTimeout());
    }

    [Fact]
    public async Task Write_Buffered_LeavesWithTheFlush()
    {
        _stream.BufferWrites();
        await _stream.WriteAsync(new byte[] { 1 }).DefaultTimeout();
        await _stream.WriteAsync(new byte[] { 2 }).DefaultTimeout();
        Assert.Equal(0, _peer.Available);

        await _stream.FlushAsync().DefaultTimeout();

        var received = new byte[3];
        Assert.Equal(2, await _peer.ReceiveAsync(received).DefaultTimeout());
        Assert.Equal([1, 2, 0], received);
    }

    /// <summary>The sockets hold far less than this.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Write_MoreThanThePeerTakes_ArrivesInOrder(bool buffers)
    {
        if (buffers)
        {
            _stream.BufferWrites();
        }

        var sent = new byte[16_000_000];
        new Random(1).NextBytes(sent);
        var sending = SendAsync(sent);
        var received = new byte[sent.Length];
        for (var length = 0; length < received.Length;)
        {
            length += await _peer.ReceiveAsync(received.AsMemory(length)).DefaultTimeout();
        }

        await sending.DefaultTimeout();
        Assert.True(sent.AsSpan().SequenceEqual(received));
    }

    private async Task SendAsync(byte[] bytes)
    {
        // Of lengths that do not go into the buffer evenly.
        const int Length = 50_000;
        for (var start = 0; start < bytes.Length; start += Length)
        {
            await _stream.WriteAsync(bytes.AsMemory(start, Math.Min(Length, bytes.Length - start)));
        }

        await _stream.FlushAsync();
    }

    private void Reset()
    {
        _peer.LingerState = new LingerOption(enable: true, seconds: 0);
        _peer.Dispose();
    }
}
