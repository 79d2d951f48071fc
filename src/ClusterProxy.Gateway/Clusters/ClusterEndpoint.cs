using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Clusters;

/// <summary>Where a cluster's API server is, and how it is known to be the right one.</summary>
internal sealed record ClusterEndpoint
{
    public required EndpointKind Kind { get; init; }

    /// <summary>https, with an optional path that stands in front of every request's. Through the tunnel: what the agent dials.</summary>
    public required Uri Address { get; init; }

    /// <summary>PEM of the authorities that may have signed its certificate; null trusts the machine's own roots.</summary>
    public PemSource? CaBundle { get; init; }

    /// <summary>Any certificate is accepted, because somebody asked for it in words.</summary>
    public bool Insecure { get; init; }

    /// <summary>http, https or socks5 proxy on the way there; null for none. Of a Const endpoint only.</summary>
    public Uri? ProxyUrl { get; init; }

    /// <summary>A file on this machine says so, and so may name the machine itself.</summary>
    public bool IsOfFile { get; init; }

    /// <summary>The name that the certificate must carry and that SNI shows; null for the address' host.</summary>
    public string? ServerName { get; init; }

    /// <summary>Whether connections to the one serve the other: authorities are compared by content, files by their path.</summary>
    public bool IsSameWay(ClusterEndpoint other) => this with { CaBundle = null } == other with { CaBundle = null }
        && (CaBundle is null ? other.CaBundle is null : other.CaBundle is not null && CaBundle.IsSameAs(other.CaBundle));
}
