using System.Text;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Servers;

/// <summary>Asks an HTTP proxy for a way through. RFC 9110, section 9.3.6.</summary>
internal static class HttpConnect
{
    private const int MaxHeadLength = 16 * 1024;

    /// <exception cref="IOException">The proxy refused or did not answer with HTTP. The text never holds credentials.</exception>
    public static async Task EstablishAsync(
        Stream stream, string authority, string? authorization, CancellationToken cancellationToken)
    {
        var request = $"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n" +
            (authorization is null ? "" : $"Proxy-Authorization: {authorization}\r\n") + "\r\n";
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request), cancellationToken);
        var statusLine = await ReadHeadAsync(stream, cancellationToken);
        var parts = statusLine.Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal))
        {
            throw new IOException($"it answered \"{PeerText.Bound(statusLine)}\", which is no HTTP");
        }

        if (parts[1] is not ['2', _, _])
        {
            throw new IOException($"it refused: {PeerText.Bound(statusLine)}");
        }
    }

    /// <summary>Reads to the empty line, byte by byte: what follows belongs to the server.</summary>
    private static async Task<string> ReadHeadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!EndsWithEmptyLine(head))
        {
            if (head.Length == MaxHeadLength)
            {
                throw new IOException($"its answer is longer than {MaxHeadLength} bytes");
            }

            if (await stream.ReadAsync(one, cancellationToken) == 0)
            {
                throw new IOException("it closed the connection without an answer");
            }

            head.Append((char)one[0]);
        }

        return head.ToString().Split('\n', 2)[0].TrimEnd('\r');
    }

    private static bool EndsWithEmptyLine(StringBuilder head) =>
        head.Length >= 2 && head[^1] == '\n' && (head[^2] == '\n' || (head.Length >= 4 && head[^2] == '\r' && head[^3] == '\n'));
}
