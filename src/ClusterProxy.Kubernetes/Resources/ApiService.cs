namespace ClusterProxy.Kubernetes.Resources;

/// <summary>apiregistration.k8s.io/v1 APIService: which server answers for a group and version.</summary>
public sealed record ApiService : KubernetesObject
{
    public ApiServiceSpec? Spec { get; init; }

    public ApiServiceStatus? Status { get; init; }
}
