namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>An API server as a kubeconfig describes it.</summary>
public sealed record KubeConfigCluster
{
    public required Uri Server { get; init; }

    /// <summary>Null trusts the machine's own roots.</summary>
    public PemSource? CertificateAuthority { get; init; }

    public string? TlsServerName { get; init; }

    public bool InsecureSkipTlsVerify { get; init; }

    /// <summary>http, https or socks5.</summary>
    public Uri? ProxyUrl { get; init; }

    public bool DisableCompression { get; init; }

    /// <summary>The config of the extension client.authentication.k8s.io/exec as JSON: what exec plugins are told about the cluster.</summary>
    public string? ExecConfigJson { get; init; }
}
