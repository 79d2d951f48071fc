using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>A SOCKS5 proxy of the simplest kind (RFC 1928): no authentication, CONNECT, and then bytes.</summary>
internal sealed class SocksProxy : LoopbackTarget
{
    public Uri Url => new($"socks5://127.0.0.1:{Port}");

    /// <summary>What was asked for, as host:port.</summary>
    public ObservedList<string> Requests { get; } = new();

    protected override async Task ServeAsync(Socket socket, CancellationToken cancellationToken)
    {
        await using var client = new NetworkStream(socket);
        var greeting = await ReadAsync(client, 2, cancellationToken);
        await ReadAsync(client, greeting[1], cancellationToken);
        await client.WriteAsync(new byte[] { 5, 0 }, cancellationToken);
        var head = await ReadAsync(client, 4, cancellationToken);
        Assert.Equal((5, 1), (head[0], head[1]));
        var host = head[3] switch
        {
            1 => new IPAddress(await ReadAsync(client, 4, cancellationToken)).ToString(),
            4 => new IPAddress(await ReadAsync(client, 16, cancellationToken)).ToString(),
            _ => Encoding.ASCII.GetString(await ReadAsync(client, (await ReadAsync(client, 1, cancellationToken))[0], cancellationToken)),
        };
        var port = BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(client, 2, cancellationToken));
        Requests.Add($"{host}:{port}");
        using var target = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await target.ConnectAsync(host, port, cancellationToken);
        await using var stream = new NetworkStream(target);
        await client.WriteAsync(new byte[] { 5, 0, 0, 1, 0, 0, 0, 0, 0, 0 }, cancellationToken);
        await Task.WhenAny(client.CopyToAsync(stream, cancellationToken), stream.CopyToAsync(client, cancellationToken));
    }

    private static async Task<byte[]> ReadAsync(Stream stream, int count, CancellationToken cancellationToken)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, cancellationToken);
        return bytes;
    }
}
