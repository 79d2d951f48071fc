namespace ClusterProxy.Kubernetes.Resources;

/// <summary>cluster.open-cluster-management.io/v1 ManagedCluster, the fields that routing needs.</summary>
public sealed record ManagedCluster : KubernetesObject
{
    public ManagedClusterSpec? Spec { get; init; }

    public ManagedClusterStatus? Status { get; init; }
}
