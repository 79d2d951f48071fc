namespace ClusterProxy.Gateway.Authorization;

/// <summary>The target of a request line, as it was sent: nothing is decoded or tidied up.</summary>
/// <param name="Path">From its slash on.</param>
/// <param name="Query">Without the question mark; empty when there is none.</param>
/// <param name="HasMark">Whether a question mark stands there, be there something behind it or not.</param>
internal readonly record struct RequestTarget(string Path, string Query, bool HasMark = false)
{
    /// <param name="raw">Origin-form: a path and perhaps a query.</param>
    public static RequestTarget Split(string raw)
    {
        var mark = raw.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? new RequestTarget(raw, "") : new RequestTarget(raw[..mark], raw[(mark + 1)..], HasMark: true);
    }

    /// <summary>As it stands in a request line.</summary>
    public override string ToString() => HasMark ? $"{Path}?{Query}" : Path;

    /// <summary>The decoded values of a query parameter, in their order.</summary>
    public IEnumerable<string> Values(string name)
    {
        foreach (var part in Query.Split('&'))
        {
            var equals = part.IndexOf('=', StringComparison.Ordinal);
            if (Decode(equals < 0 ? part : part[..equals]) == name)
            {
                yield return equals < 0 ? "" : Decode(part[(equals + 1)..]);
            }
        }
    }

    /// <summary>The first value, as Go takes it; null when there is none.</summary>
    public string? Value(string name)
    {
        foreach (var value in Values(name))
        {
            return value;
        }

        return null;
    }

    /// <summary>Kubernetes' boolean: anything but nothing, 0 and false is yes.</summary>
    public bool Flag(string name) => Value(name) is { } value
        && value is not "0" && !value.Equals("false", StringComparison.OrdinalIgnoreCase);

    /// <summary>False for a query that Go's servers read otherwise: they drop pairs with a semicolon and with escapes that are none.</summary>
    public bool HasPlainQuery()
    {
        for (var i = 0; i < Query.Length; i++)
        {
            if (Query[i] == ';'
                || (Query[i] == '%'
                    && !(i + 2 < Query.Length && char.IsAsciiHexDigit(Query[i + 1]) && char.IsAsciiHexDigit(Query[i + 2]))))
            {
                return false;
            }
        }

        return true;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}
