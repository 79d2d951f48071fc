namespace ClusterProxy.Gateway.Clusters;

/// <summary>Names of labels, annotations and data keys. All but the last three are upstream's.</summary>
/// <param name="Group">The API group, which is the prefix.</param>
internal sealed record ClusterKeys(string Group)
{
    public const string Endpoint = "endpoint";
    public const string CaCertificate = "ca.crt";
    public const string OlderCaCertificate = "ca";
    public const string ProxyUrl = "proxy-url";
    public const string Token = "token";
    public const string Certificate = "tls.crt";
    public const string Key = "tls.key";
    public const string Exec = "exec";

    /// <summary>Of files only: a path whose content is the token, read again while it is used.</summary>
    public const string TokenFile = "token-file";

    /// <summary>Label; its presence makes a Secret a cluster.</summary>
    public string CredentialType => $"{Group}/cluster-credential-type";

    /// <summary>Label.</summary>
    public string EndpointType => $"{Group}/cluster-endpoint-type";

    public string Alias => $"{Group}/cluster-alias";

    public string Healthy => $"status.{Group}/healthy";

    public string HealthyReason => $"status.{Group}/healthy-reason";

    /// <summary>Annotation: <c>insecure</c> accepts any certificate, <c>system-roots</c> those that the machine trusts.</summary>
    public string Trust => $"{Group}/cluster-trust";

    /// <summary>Annotation: the name that the API server's certificate must carry.</summary>
    public string ServerName => $"{Group}/cluster-server-name";

    /// <summary>Annotation: host and port that the agent dials, instead of the cluster's name and 443.</summary>
    public string TunnelTarget => $"{Group}/cluster-tunnel-target";
}
