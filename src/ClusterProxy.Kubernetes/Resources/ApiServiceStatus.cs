namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Whether the aggregator reaches an aggregated API.</summary>
public sealed record ApiServiceStatus
{
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }
}
