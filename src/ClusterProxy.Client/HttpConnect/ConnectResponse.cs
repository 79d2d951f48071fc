using System.Globalization;
using System.Text;
using ClusterProxy.Protocol;

namespace ClusterProxy.Client.HttpConnect;

/// <summary>The head of an answer to CONNECT, and what stood behind it in the same read.</summary>
/// <param name="Status">The status code.</param>
/// <param name="StatusLine">Code and phrase, for messages.</param>
/// <param name="ContentLength">Bytes of the body; null when it ends with the connection.</param>
/// <param name="Rest">Bytes behind the head: the target's first, or the start of an error text.</param>
/// <param name="Features">What of ours this connection has; empty from a server of upstream.</param>
/// <param name="ConnectionId">By which the server knows it; empty when it does not say.</param>
internal sealed record ConnectResponse(
    int Status, string StatusLine, long? ContentLength, ReadOnlyMemory<byte> Rest, string Features, string ConnectionId)
{
    /// <summary>A head longer than this is not one of a proxy server, whose own has a handful of lines.</summary>
    public const int MaxHeadLength = 16 * 1024;

    private const int MaxErrorText = 4 * 1024;

    public bool IsEstablished => Status is >= 200 and < 300;

    /// <summary>Reads until the head is complete.</summary>
    /// <exception cref="InvalidDataException">What came is no HTTP/1 answer.</exception>
    /// <exception cref="EndOfStreamException">The connection ended first.</exception>
    public static async Task<ConnectResponse> ReadAsync(Stream stream, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxHeadLength];
        for (var length = 0; length < buffer.Length;)
        {
            var read = await stream.ReadAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException(length == 0 ? "the connection was closed without an answer" : "the connection was closed inside the answer's head");
            }

            // The end may lie across two reads.
            var from = Math.Max(0, length - 3);
            length += read;
            var end = buffer.AsSpan(from..length).IndexOf("\r\n\r\n"u8);
            if (end >= 0)
            {
                return Parse(Encoding.Latin1.GetString(buffer, 0, from + end), buffer.AsMemory((from + end + 4)..length));
            }
        }

        throw new InvalidDataException($"the answer's head is longer than {MaxHeadLength} bytes");
    }

    /// <summary>The body of a refusal: the proxy's own text or the agent's. What cannot be read is left out.</summary>
    public async Task<string> ReadErrorTextAsync(Stream stream, CancellationToken cancellationToken)
    {
        var text = new byte[MaxErrorText];
        var wanted = (int)Math.Min(ContentLength ?? MaxErrorText, MaxErrorText);
        var length = Math.Min(Rest.Length, wanted);
        Rest[..length].CopyTo(text);
        try
        {
            while (length < wanted && await stream.ReadAsync(text.AsMemory(length..wanted), cancellationToken).ConfigureAwait(false) is > 0 and var read)
            {
                length += read;
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The status is known; the text is an addition.
        }

        var printable = Encoding.UTF8.GetString(text, 0, length).Where(c => !char.IsControl(c) || c == '\n').ToArray();
        return new string(printable).Trim();
    }

    private static ConnectResponse Parse(string head, ReadOnlyMemory<byte> rest)
    {
        var lines = head.Split("\r\n");
        var parts = lines[0].Split(' ', 3);
        if (parts.Length < 2 || !parts[0].StartsWith("HTTP/1.", StringComparison.Ordinal) ||
            !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) || status is < 100 or > 599)
        {
            throw new InvalidDataException($"the answer starts with \"{Shorten(lines[0])}\", which is no HTTP/1 status line");
        }

        long? contentLength = long.TryParse(ValueOf("content-length", lines), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
        return new(
            status, Shorten(lines[0][(parts[0].Length + 1)..]), contentLength, rest, ValueOf(TunnelHeaders.Features, lines),
            Shorten(ValueOf(TunnelHeaders.Connection, lines)));
    }

    private static string ValueOf(string name, string[] lines)
    {
        var line = lines.Skip(1).LastOrDefault(l => l.Length > name.Length && l[name.Length] == ':' && l.StartsWith(name, StringComparison.OrdinalIgnoreCase));
        return line is null ? "" : line[(name.Length + 1)..].Trim();
    }

    private static string Shorten(string line) =>
        new([.. line.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
}
