using System.Net;
using System.Net.Sockets;

namespace ClusterProxy.LoadTests.Topologies;

internal static class Loopback
{
    public static async ValueTask<Stream> ConnectAsync(int port, CancellationToken cancellationToken) =>
        await ConnectAsync(new IPEndPoint(IPAddress.Loopback, port), cancellationToken);

    public static async ValueTask<Stream> ConnectAsync(EndPoint endPoint, CancellationToken cancellationToken)
    {
        var socket = endPoint is UnixDomainSocketEndPoint
            ? new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            : new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
