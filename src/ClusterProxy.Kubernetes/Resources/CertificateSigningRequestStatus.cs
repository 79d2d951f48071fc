namespace ClusterProxy.Kubernetes.Resources;

/// <summary>What became of a signing request.</summary>
public sealed record CertificateSigningRequestStatus
{
    /// <summary>Approved, Denied or Failed.</summary>
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }

    /// <summary>PEM of the issued chain.</summary>
    public byte[]? Certificate { get; init; }
}
