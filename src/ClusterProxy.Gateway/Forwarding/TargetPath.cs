namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// What may stand behind a cluster's address. It is passed on byte for byte, so the one thing refused is what the cluster, or a server
/// before it, may read as another path than the one that was authorised: dot segments, however they are encoded.
/// </summary>
internal static class TargetPath
{
    /// <summary>Null when it can be passed on, else why not.</summary>
    /// <param name="pathAndQuery">As the caller wrote it; empty stands for a slash.</param>
    public static string? Objection(string pathAndQuery)
    {
        var query = pathAndQuery.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? pathAndQuery.AsSpan() : pathAndQuery.AsSpan(0, query);
        if (path.Length > 0 && path[0] != '/')
        {
            return "the path must begin with a slash";
        }

        foreach (var character in pathAndQuery)
        {
            if (character is <= ' ' or >= '\x7f')
            {
                return "the path or query has a character that must be percent-encoded";
            }
        }

        foreach (var segment in path.Split('/'))
        {
            if (IsDots(path[segment]))
            {
                return "the path has a segment . or .., which servers read in different ways; write the path without it";
            }
        }

        return null;
    }

    /// <summary>The URL for a request, with path and query exactly as given.</summary>
    /// <param name="address">Scheme, host and port, and a path that comes first.</param>
    /// <param name="pathAndQuery">One to which there is no objection.</param>
    public static Uri Join(Uri address, string pathAndQuery)
    {
        var separator = pathAndQuery.Length == 0 || pathAndQuery[0] == '?' ? "/" : "";
        return new Uri(
            $"{address.Scheme}://{address.Authority}{address.AbsolutePath.TrimEnd('/')}{separator}{pathAndQuery}",
            new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true });
    }

    /// <summary>One or two dots, of which each may be encoded, once or more often; a parameter may follow, which some servers cut off.</summary>
    private static bool IsDots(ReadOnlySpan<char> segment)
    {
        var end = segment.IndexOf(';');
        segment = end < 0 ? segment : segment[..end];
        var dots = 0;
        while (segment.Length > 0)
        {
            if (segment[0] == '.')
            {
                segment = segment[1..];
            }
            else if (EncodedDot(segment) is > 0 and var length)
            {
                segment = segment[length..];
            }
            else
            {
                return false;
            }

            dots++;
        }

        return dots is 1 or 2;
    }

    /// <summary>The length of <c>%2e</c>, <c>%252e</c> and so on at the start; 0 when it does not begin so.</summary>
    private static int EncodedDot(ReadOnlySpan<char> text)
    {
        if (text[0] != '%')
        {
            return 0;
        }

        var at = 1;
        while (text[at..].StartsWith("25"))
        {
            at += 2;
        }

        return text[at..].StartsWith("2e", StringComparison.OrdinalIgnoreCase) ? at + 2 : 0;
    }
}
