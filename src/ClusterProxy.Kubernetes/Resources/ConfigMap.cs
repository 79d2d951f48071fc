namespace ClusterProxy.Kubernetes.Resources;

/// <summary>v1 ConfigMap.</summary>
public sealed record ConfigMap : KubernetesObject
{
    public IReadOnlyDictionary<string, string>? Data { get; init; }

    public bool? Immutable { get; init; }
}
