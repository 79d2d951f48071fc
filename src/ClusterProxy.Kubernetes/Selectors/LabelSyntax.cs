namespace ClusterProxy.Kubernetes.Selectors;

/// <summary>What the API server accepts as keys and values of labels.</summary>
internal static class LabelSyntax
{
    private const int MaxName = 63;
    private const int MaxPrefix = 253;

    /// <summary>Null when the key is valid: an optional DNS prefix and a slash, then a name.</summary>
    public static string? KeyError(string key)
    {
        if (key.Length == 0)
        {
            return "a label's key is missing";
        }

        var slash = key.IndexOf('/', StringComparison.Ordinal);
        if (slash >= 0 && !IsPrefix(key.AsSpan(0, slash)))
        {
            return $"\"{key}\" is no label key: what is before the slash must be a DNS name in lower case";
        }

        return IsName(key.AsSpan(slash + 1))
            ? null
            : $"\"{key}\" is no label key: at most {MaxName} letters, digits, '-', '_' and '.', a letter or digit at both ends";
    }

    /// <summary>Null when the value is valid, as the empty one is.</summary>
    public static string? ValueError(string value) => value.Length == 0 || IsName(value)
        ? null
        : $"\"{value}\" is no label value: at most {MaxName} letters, digits, '-', '_' and '.', a letter or digit at both ends";

    private static bool IsName(ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > MaxName || !char.IsAsciiLetterOrDigit(name[0]) || !char.IsAsciiLetterOrDigit(name[^1]))
        {
            return false;
        }

        foreach (var character in name)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('-' or '_' or '.'))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsPrefix(ReadOnlySpan<char> prefix)
    {
        if (prefix.Length is 0 or > MaxPrefix)
        {
            return false;
        }

        foreach (var range in prefix.Split('.'))
        {
            var label = prefix[range];
            if (label.Length == 0 || label[0] == '-' || label[^1] == '-' || label.ContainsAnyExcept(DnsCharacters))
            {
                return false;
            }
        }

        return true;
    }

    private static readonly System.Buffers.SearchValues<char> DnsCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");
}
