namespace ClusterProxy.Kubernetes.Resources;

/// <summary>certificates.k8s.io/v1 CertificateSigningRequest.</summary>
public sealed record CertificateSigningRequest : KubernetesObject
{
    public CertificateSigningRequestSpec? Spec { get; init; }

    public CertificateSigningRequestStatus? Status { get; init; }
}
