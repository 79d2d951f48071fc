namespace ClusterProxy.Kubernetes.Requests;

/// <summary>metav1.Preconditions on the wire.</summary>
internal sealed record DeletePreconditions(string? Uid, string? ResourceVersion);
