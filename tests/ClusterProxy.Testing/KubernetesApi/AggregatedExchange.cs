using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// One request over a connection of its own, written by hand, for what <see cref="AggregatedStream"/> cannot send. Upgrades are
/// HTTP/1.1, and bytes in both directions after the head; everything else is HTTP/1.0, whose bodies end with the connection.
/// </summary>
internal static class AggregatedExchange
{
    public static async Task RunAsync(
        HttpContext context, Uri server, SslClientAuthenticationOptions tls, IEnumerable<(string Name, string Value)> headers)
    {
        var aborted = context.RequestAborted;
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server.Host, server.Port, aborted);
        await using var stream = new SslStream(new NetworkStream(socket));
        await stream.AuthenticateAsClientAsync(tls, aborted);
        var upgrade = context.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true } feature ? feature : null;
        await SendAsync(context, stream, server, headers, isUpgrade: upgrade is not null);
        var (status, answered) = await ReadHeadAsync(stream, aborted);
        context.Response.StatusCode = status;
        foreach (var (name, value) in answered.Where(static h => !h.Name.Equals("Connection", StringComparison.OrdinalIgnoreCase)))
        {
            context.Response.Headers.Append(name, value);
        }

        if (status == StatusCodes.Status101SwitchingProtocols)
        {
            await using var upgraded = await upgrade!.UpgradeAsync();
            await Task.WhenAny(upgraded.CopyToAsync(stream, aborted), stream.CopyToAsync(upgraded, aborted));
            return;
        }

        // A watch's head goes out before there is anything to tell.
        await context.Response.Body.FlushAsync(aborted);
        var buffer = new byte[16 * 1024];
        while (await stream.ReadAsync(buffer, aborted) is > 0 and var read)
        {
            await context.Response.Body.WriteAsync(buffer.AsMemory(0, read), aborted);
            await context.Response.Body.FlushAsync(aborted);
        }
    }

    private static async Task SendAsync(
        HttpContext context, Stream stream, Uri server, IEnumerable<(string Name, string Value)> headers, bool isUpgrade)
    {
        using var body = new MemoryStream();
        if (!isUpgrade)
        {
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        }

        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var head = new StringBuilder($"{context.Request.Method} {target} HTTP/1.{(isUpgrade ? 1 : 0)}\r\nHost: {server.Authority}\r\n");
        head.Append(isUpgrade ? $"Connection: Upgrade\r\nUpgrade: {context.Request.Headers.Upgrade}\r\n" : $"Content-Length: {body.Length}\r\n");
        foreach (var (name, value) in headers)
        {
            head.Append($"{name}: {value}\r\n");
        }

        await stream.WriteAsync(Encoding.UTF8.GetBytes(head.Append("\r\n").ToString()), context.RequestAborted);
        await stream.WriteAsync(body.ToArray(), context.RequestAborted);
    }

    private static async Task<(int Status, List<(string Name, string Value)> Headers)> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var one = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await stream.ReadExactlyAsync(one, cancellationToken);
            text.Append((char)one[0]);
        }

        var lines = text.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        return (
            int.Parse(lines[0].Split(' ')[1], CultureInfo.InvariantCulture),
            [.. lines.Skip(1).Select(static l => l.Split(": ", 2)).Select(static p => (p[0], p[^1]))]);
    }
}
