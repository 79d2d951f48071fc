using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using ClusterProxy.Testing.Spdy;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>portforward.k8s.io: for each connection a stream of bytes and one of errors, both with the port; ports are this machine's.</summary>
internal static class PodPorts
{
    public const string Protocol = "portforward.k8s.io";

    /// <summary>Returns when the client has gone.</summary>
    public static async Task ForwardAsync(ChannelReader<SpdyStream> opened, CancellationToken cancellationToken)
    {
        var errors = new Dictionary<string, SpdyStream>(StringComparer.Ordinal);
        var forwarding = new List<Task>();
        await foreach (var stream in opened.ReadAllAsync(cancellationToken))
        {
            // The stream of errors comes first.
            var request = stream.Headers["requestid"];
            if (stream.Headers["streamtype"] == "error")
            {
                errors[request] = stream;
            }
            else
            {
                forwarding.Add(ForwardAsync(stream, errors[request], cancellationToken));
            }
        }

        await Task.WhenAll(forwarding);
    }

    private static async Task ForwardAsync(SpdyStream data, SpdyStream errors, CancellationToken cancellationToken)
    {
        var port = int.Parse(data.Headers["port"], CultureInfo.InvariantCulture);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
            await Task.WhenAll(SendAsync(data, socket, cancellationToken), ReceiveAsync(data, socket, cancellationToken));
        }
        catch (SocketException e)
        {
            await errors.WriteAsync(System.Text.Encoding.UTF8.GetBytes($"port {port}: {e.Message}"), cancellationToken);
        }

        await errors.EndAsync(cancellationToken);
    }

    private static async Task SendAsync(SpdyStream data, Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[64 * 1024];
        while (await data.Input.ReadAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await socket.SendAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        socket.Shutdown(SocketShutdown.Send);
    }

    private static async Task ReceiveAsync(SpdyStream data, Socket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[32 * 1024];
        while (await socket.ReceiveAsync(buffer, cancellationToken) is > 0 and var read)
        {
            await data.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        await data.EndAsync(cancellationToken);
    }
}
