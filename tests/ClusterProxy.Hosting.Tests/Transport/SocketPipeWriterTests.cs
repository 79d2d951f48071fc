using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;

namespace ClusterProxy.Hosting.Tests.Transport;

public sealed class SocketPipeWriterTests
{
    private const int RecordSize = 16 * 1024;

    /// <summary>A socket of packets tells one send from the next.</summary>
    [Fact]
    public async Task BufferedTurn_OfSeveralRecords_IsOneSend()
    {
        using var folder = new TemporaryDirectory();
        var endPoint = new UnixDomainSocketEndPoint(folder.File("socket"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        listener.Bind(endPoint);
        listener.Listen();
        using var peer = new Socket(AddressFamily.Unix, SocketType.Seqpacket, ProtocolType.Unspecified);
        await peer.ConnectAsync(endPoint).DefaultTimeout();
        using var socket = await listener.AcceptAsync().DefaultTimeout();
        await using var stream = new SocketStream(socket);
        var writer = new SocketPipeWriter(stream);
        writer.BufferWrites();
        for (var i = 0; i < 5; i++)
        {
            await writer.WriteAsync(new byte[RecordSize]).DefaultTimeout();
        }

        await writer.FlushAsync().DefaultTimeout();

        var received = await peer.ReceiveAsync(new byte[256 * 1024]).DefaultTimeout();
        await writer.CompleteAsync();
        Assert.Equal(5 * RecordSize, received);
    }

    /// <summary>The sockets hold far less than this.</summary>
    [Fact]
    public async Task BufferedTurns_MoreThanThePeerTakes_ArriveInOrder()
    {
        using var pair = await ConnectAsync();
        await using var stream = new SocketStream(pair.Ours);
        var writer = new SocketPipeWriter(stream);
        writer.BufferWrites();
        var sent = new byte[16_000_000];
        new Random(1).NextBytes(sent);
        var sending = SendAsync(writer, sent);
        var received = new byte[sent.Length];
        for (var length = 0; length < received.Length;)
        {
            length += await pair.Peer.ReceiveAsync(received.AsMemory(length)).DefaultTimeout();
        }

        await sending.DefaultTimeout();
        Assert.True(sent.AsSpan().SequenceEqual(received));
        Assert.Equal(0, writer.UnflushedBytes);
        await writer.CompleteAsync();
    }

    [Fact]
    public async Task BufferedTurn_PeerIsGone_IsACompletedFlush()
    {
        using var pair = await ConnectAsync();
        await using var stream = new SocketStream(pair.Ours);
        var writer = new SocketPipeWriter(stream);
        writer.BufferWrites();
        pair.Peer.Dispose();
        await writer.WriteAsync(new byte[RecordSize]).DefaultTimeout();

        Assert.True((await writer.FlushAsync().DefaultTimeout()).IsCompleted);
        Assert.Equal(0, writer.UnflushedBytes);
        await writer.CompleteAsync();
    }

    private static async Task SendAsync(SocketPipeWriter writer, byte[] bytes)
    {
        for (var start = 0; start < bytes.Length; start += RecordSize)
        {
            Assert.False((await writer.WriteAsync(bytes.AsMemory(start, Math.Min(RecordSize, bytes.Length - start)))).IsCompleted);
        }

        Assert.False((await writer.FlushAsync()).IsCompleted);
    }

    private static async Task<SocketPair> ConnectAsync()
    {
        using var folder = new TemporaryDirectory();
        var endPoint = new UnixDomainSocketEndPoint(folder.File("socket"));
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(endPoint);
        listener.Listen();
        var peer = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await peer.ConnectAsync(endPoint).DefaultTimeout();
        var ours = await listener.AcceptAsync().DefaultTimeout();
        ours.Blocking = false;
        return new SocketPair(ours, peer);
    }

    private sealed record SocketPair(Socket Ours, Socket Peer) : IDisposable
    {
        public void Dispose() => Peer.Dispose();
    }
}
