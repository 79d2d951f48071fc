using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A forward proxy of the simplest kind: CONNECT, and then bytes.</summary>
internal sealed class ConnectProxy : LoopbackTarget
{
    public Uri Url => new($"http://127.0.0.1:{Port}");

    /// <summary>The first lines of the requests.</summary>
    public ObservedList<string> Requests { get; } = new();

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var client = new NetworkStream(socket);
        var head = "";
        var buffer = new byte[1];
        while (!head.EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await client.ReadExactlyAsync(buffer, cancellationToken);
            head += (char)buffer[0];
        }

        var line = head.Split("\r\n")[0];
        Requests.Add(line);
        using var target = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await target.ConnectAsync(IPEndPoint.Parse(line.Split(' ')[1]), cancellationToken);
        await using var stream = new NetworkStream(target);
        await client.WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\n\r\n"), cancellationToken);
        await Task.WhenAny(client.CopyToAsync(stream, cancellationToken), stream.CopyToAsync(client, cancellationToken));
    }
}
