namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>What an exec plugin prints.</summary>
internal sealed record ExecCredential
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public ExecCredentialStatus? Status { get; init; }
}
