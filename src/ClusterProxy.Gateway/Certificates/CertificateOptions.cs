namespace ClusterProxy.Gateway.Certificates;

/// <summary>Where the port's certificate comes from, besides two files.</summary>
internal sealed record CertificateOptions
{
    /// <summary>A Secret of type kubernetes.io/tls, as <c>namespace/name</c>; empty for none.</summary>
    public string CertSecret { get; init; } = "";

    /// <summary>The Secret of the authority by which the gateway issues itself certificates, as <c>namespace/name</c>; empty for none.</summary>
    public string AuthoritySecret { get; init; } = "";

    /// <summary>A directory for that authority where there is no Kubernetes; empty for none.</summary>
    public string AuthorityDirectory { get; init; } = "";

    /// <summary>A directory in which a pair may lie, as upstream's library knows it; looked at when nothing else is given.</summary>
    public string PairDirectory { get; init; } = "apiserver.local.config/certificates";

    /// <summary>Whether one of the ways above but the last is given.</summary>
    public bool IsGiven => CertSecret.Length + AuthoritySecret.Length + AuthorityDirectory.Length > 0;

    /// <summary>The Service whose names a self-issued certificate bears, as <c>namespace/name</c>.</summary>
    public string Service { get; init; } = "";

    /// <summary>More names and addresses in it.</summary>
    public IReadOnlyList<string> Names { get; init; } = [];

    /// <summary>The APIService whose caBundle is kept; empty for none.</summary>
    public string ApiService { get; init; } = "";

    public RotationTimes Times { get; init; } = RotationTimes.Default;
}
