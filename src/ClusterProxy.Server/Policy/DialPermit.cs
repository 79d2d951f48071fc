namespace ClusterProxy.Server.Policy;

/// <summary>Whether a dial is allowed, and where it may go.</summary>
/// <param name="IsAllowed">By some rule.</param>
/// <param name="Clusters">Whose agents may have it; null for everybody's.</param>
internal readonly record struct DialPermit(bool IsAllowed, IReadOnlySet<string>? Clusters = null)
{
    public static DialPermit Denied => default;

    public static DialPermit Anywhere => new(IsAllowed: true);
}
