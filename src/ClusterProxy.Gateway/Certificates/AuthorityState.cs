namespace ClusterProxy.Gateway.Certificates;

/// <summary>What all replicas share: the authority that signs, the one that will, and those that are still trusted.</summary>
/// <param name="Bundle">PEM of every authority whose leaves clients must accept; the one that signs first.</param>
/// <param name="Key">PEM key of the one that signs.</param>
/// <param name="NextKey">PEM key of the one in the bundle that will sign; null when none is staged.</param>
/// <param name="RetireAfter">When the last leaf of the former authority has ended; null when there is none.</param>
internal sealed record AuthorityState(string Bundle, string Key, string? NextKey = null, DateTimeOffset? RetireAfter = null)
{
    /// <summary>Without the keys.</summary>
    public override string ToString() => $"authority, {(NextKey is null ? "none" : "one")} staged, former until {RetireAfter?.ToString("u") ?? "none"}";
}
