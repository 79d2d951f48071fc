namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The metadata of a list on the wire.</summary>
internal sealed record ListMetadata
{
    public string? ResourceVersion { get; init; }

    public string? Continue { get; init; }

    public long? RemainingItemCount { get; init; }
}
