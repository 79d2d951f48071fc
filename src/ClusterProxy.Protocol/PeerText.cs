namespace ClusterProxy.Protocol;

/// <summary>Makes text that a peer chose fit for a log line or an error: bounded, and without characters that move a cursor or a line.</summary>
internal static class PeerText
{
    /// <summary>More than any host name with its port.</summary>
    private const int MaxLength = 300;

    public static string Bound(string text)
    {
        var bounded = text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        return bounded.Any(IsUnprintable) ? string.Concat(bounded.Select(static c => IsUnprintable(c) ? '?' : c)) : bounded;
    }

    private static bool IsUnprintable(char c) => char.IsControl(c) || c is '\u2028' or '\u2029';
}
