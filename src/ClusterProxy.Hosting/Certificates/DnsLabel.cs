namespace ClusterProxy.Hosting.Certificates;

/// <summary>
/// The form of cluster names and namespaces (RFC 1123, lower case). It has no dots on purpose: with them <c>alpha.beta</c> could be the
/// cluster of that name as well as namespace beta of cluster alpha.
/// </summary>
public static class DnsLabel
{
    private const int MaxLength = 63;

    public static bool IsValid(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength || text[0] == '-' || text[^1] == '-')
        {
            return false;
        }

        foreach (var c in text)
        {
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }
}
