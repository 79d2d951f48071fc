namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>A cluster, a user and a namespace under one name.</summary>
/// <param name="Cluster">A name among the clusters.</param>
/// <param name="User">A name among the users; null for none.</param>
/// <param name="Namespace">What requests without a namespace mean.</param>
public sealed record KubeConfigContext(string Cluster, string? User, string? Namespace);
