namespace ClusterProxy.Agent;

/// <summary>Makes text that a peer chose fit for a log line or an error: bounded, and without control characters.</summary>
internal static class PeerText
{
    private const int MaxLength = 200;

    public static string Bound(string text)
    {
        var bounded = text.Length <= MaxLength ? text : text[..MaxLength] + "…";
        return bounded.AsSpan().ContainsAnyInRange('\0', '\x1f')
            ? string.Concat(bounded.Select(static c => char.IsControl(c) ? '?' : c))
            : bounded;
    }
}
