using System.Text;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>A raw path in segments, each decoded once.</summary>
/// <param name="Segments">Without the empty ones at the ends.</param>
/// <param name="Decoded">With its slash, as rules for paths name it.</param>
internal sealed record InnerPath(List<string> Segments, string Decoded)
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// Null for what servers read differently: escapes that are none, control characters, backslashes, and segments of dots, encoded
    /// or not, at any depth, since some servers walk up by them before they look.
    /// </summary>
    public static InnerPath? Parse(string raw)
    {
        if (raw is not ['/', ..])
        {
            return null;
        }

        var segments = new List<string>();
        foreach (var segment in raw[1..].Split('/'))
        {
            if (Decode(segment) is not { } decoded
                || decoded.Any(static c => char.IsControl(c) || c is '\\')
                || decoded.Split('/').Any(static s => s is "." or ".."))
            {
                return null;
            }

            segments.Add(decoded);
        }

        var path = "/" + string.Join('/', segments);
        if (segments is [.., ""])
        {
            segments.RemoveAt(segments.Count - 1);
        }

        return new InnerPath(segments, path);
    }

    /// <summary>
    /// Whether the first segments are what they look like: none is empty, and none hides a slash or another escape, which Go's servers
    /// split at, and others do not.
    /// </summary>
    public bool HasPlainHead(int count) =>
        Segments.Take(count).All(static s => s.Length > 0 && !s.Contains('/', StringComparison.Ordinal) && !s.Contains('%', StringComparison.Ordinal));

    private static string? Decode(string segment)
    {
        if (!segment.Contains('%', StringComparison.Ordinal))
        {
            return segment.All(char.IsAscii) ? segment : null;
        }

        var bytes = new byte[segment.Length];
        var length = 0;
        for (var i = 0; i < segment.Length; i++)
        {
            if (segment[i] == '%')
            {
                if (i + 2 >= segment.Length || !char.IsAsciiHexDigit(segment[i + 1]) || !char.IsAsciiHexDigit(segment[i + 2]))
                {
                    return null;
                }

                bytes[length++] = Convert.ToByte(segment.Substring(i + 1, 2), 16);
                i += 2;
            }
            else if (char.IsAscii(segment[i]))
            {
                bytes[length++] = (byte)segment[i];
            }
            else
            {
                return null;
            }
        }

        try
        {
            return StrictUtf8.GetString(bytes, 0, length);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }
}
