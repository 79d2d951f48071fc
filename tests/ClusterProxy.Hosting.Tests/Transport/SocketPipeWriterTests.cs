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
}
