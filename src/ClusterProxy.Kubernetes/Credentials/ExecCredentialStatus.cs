namespace ClusterProxy.Kubernetes.Credentials;

/// <summary>The credential that a plugin hands out.</summary>
internal sealed record ExecCredentialStatus
{
    public DateTimeOffset? ExpirationTimestamp { get; init; }

    public string? Token { get; init; }

    public string? ClientCertificateData { get; init; }

    public string? ClientKeyData { get; init; }

    public override string ToString() => $"credential until {ExpirationTimestamp:u}";
}
