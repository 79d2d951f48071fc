using System.Net.Sockets;

namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>A TCP port in front of a Unix socket, for clients whose proxy cannot be one.</summary>
public sealed class UnixRelay(string path) : LoopbackTarget
{
    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        using var unix = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await unix.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
        await Task.WhenAny(CopyAsync(socket, unix, cancellationToken), CopyAsync(unix, socket, cancellationToken)).Unwrap();
    }

    private static async Task CopyAsync(Socket from, Socket to, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await from.ReceiveAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await SendAllAsync(to, buffer.AsMemory(0, read), cancellationToken);
        }
    }
}
