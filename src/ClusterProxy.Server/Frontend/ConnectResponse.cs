using System.IO.Pipelines;
using System.Text;
using ClusterProxy.Protocol;

namespace ClusterProxy.Server.Frontend;

/// <summary>An answer other than success; the connection is closed behind it.</summary>
/// <param name="Status">HTTP status code.</param>
/// <param name="Text">The body.</param>
internal sealed record ConnectResponse(int Status, string Text)
{
    /// <summary>Nothing may stand between this and the target's first byte, and nothing before it.</summary>
    private static ReadOnlySpan<byte> Established => "HTTP/1.1 200 Connection Established\r\n\r\n"u8;

    /// <param name="features">That the client announced and this connection has; none for a client that announced nothing.</param>
    /// <param name="connectionId">Told to a client with the feature "trace".</param>
    public static byte[] Success(TunnelFeatureSet features, string connectionId)
    {
        if (features == TunnelFeatureSet.None)
        {
            return Established.ToArray();
        }

        var id = features.HasFlag(TunnelFeatureSet.Trace) ? $"{TunnelHeaders.Connection}: {connectionId}\r\n" : "";
        return [.. Established[..^2], .. Encoding.ASCII.GetBytes($"{TunnelHeaders.Features}: {TunnelFeatures.Format(features)}\r\n{id}\r\n")];
    }

    public async ValueTask WriteAsync(PipeWriter output)
    {
        var body = Encoding.UTF8.GetBytes(Text);
        var head = $"HTTP/1.1 {Status} {ReasonPhrase(Status)}\r\n"
            + "Content-Type: text/plain; charset=utf-8\r\n"
            + (Status == 405 ? "Allow: CONNECT\r\n" : "")
            + $"Content-Length: {body.Length}\r\n"
            + "Connection: close\r\n\r\n";
        await output.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(head), .. body]);
    }

    private static string ReasonPhrase(int status) => status switch
    {
        400 => "Bad Request",
        403 => "Forbidden",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        _ => throw new ArgumentOutOfRangeException(nameof(status), status, "a status without a phrase"),
    };
}
