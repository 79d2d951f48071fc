namespace ClusterProxy.Kubernetes.Resources;

/// <summary>One address of a managed cluster's API server.</summary>
public sealed record ManagedClusterClientConfig
{
    public string? Url { get; init; }

    /// <summary>PEM of the authorities of that server.</summary>
    public byte[]? CaBundle { get; init; }
}
