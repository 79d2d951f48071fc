namespace ClusterProxy.Kubernetes.Requests;

/// <summary>One of several things that are wrong with an object.</summary>
public sealed record ApiStatusCause
{
    public string? Reason { get; init; }

    public string? Message { get; init; }

    /// <summary>Such as spec.replicas.</summary>
    public string? Field { get; init; }
}
