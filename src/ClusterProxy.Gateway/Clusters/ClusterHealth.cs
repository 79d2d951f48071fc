namespace ClusterProxy.Gateway.Clusters;

/// <summary>What somebody last found out about a cluster.</summary>
/// <param name="Healthy">Whether its API server answered.</param>
/// <param name="Reason">Free text; empty when healthy.</param>
internal sealed record ClusterHealth(bool Healthy, string Reason);
