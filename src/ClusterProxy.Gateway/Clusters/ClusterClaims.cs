namespace ClusterProxy.Gateway.Clusters;

/// <summary>Who describes one cluster, in the order of their coming. The first one's description counts. Not thread-safe.</summary>
internal sealed class ClusterClaims
{
    private readonly List<ClusterClaim> _claims = new(1);

    public ClusterClaim? First => _claims is [var first, ..] ? first : null;

    /// <param name="source">Has one claim at most, which keeps its place.</param>
    /// <param name="claim">Null withdraws it.</param>
    public void Set(IClusterSource source, ClusterClaim? claim)
    {
        var at = _claims.FindIndex(c => ReferenceEquals(c.Source, source));
        if (claim is not null && at >= 0)
        {
            _claims[at] = claim;
        }
        else if (claim is not null)
        {
            _claims.Add(claim);
        }
        else if (at >= 0)
        {
            _claims.RemoveAt(at);
        }
    }
}
