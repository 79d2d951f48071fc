using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Hosting.Audit;

namespace ClusterProxy.Gateway;

/// <summary>
/// All that a cluster-gateway can be told. Properties bear the names of the flags; the values here are the flags' defaults,
/// which are upstream's unless a comment says why not. An empty path means that there is no such file.
/// </summary>
internal sealed record GatewayOptions
{
    public const string DefaultGroup = "cluster.core.oam.dev";

    public const string Version = "v1alpha1";

    /// <summary>API group, and the prefix of the labels and annotations that are read.</summary>
    public string Group { get; init; } = DefaultGroup;

    public string SecretNamespace { get; init; } = "vela-system";

    public bool OcmIntegration { get; init; }

    /// <summary>Directory of Secrets and ManagedClusters as YAML; with it no Kubernetes is needed.</summary>
    public string ClustersDirectory { get; init; } = "";

    /// <summary>Networks where clusters may be although they are refused by default: whoever describes a cluster could mean the gateway's own machine.</summary>
    public IReadOnlyList<IPNetwork> AllowClusterNetworks { get; init; } = [];

    /// <summary>Exec plugins that descriptions may name; <c>*</c> for any, as upstream.</summary>
    public IReadOnlyList<string> ExecPlugins { get; init; } = ["*"];

    /// <summary>The proxy server's frontend: a host, or a <c>unix:</c> address; empty when no cluster is reached through the tunnel.</summary>
    public string ProxyHost { get; init; } = "";

    public int ProxyPort { get; init; } = 8090;

    public string ProxyCaCert { get; init; } = "";

    public string ProxyCert { get; init; } = "";

    public string ProxyKey { get; init; } = "";

    /// <summary>What the certificate of an API server behind the tunnel must name; every Kubernetes puts it there.</summary>
    public string TunnelServerName { get; init; } = "kubernetes.default.svc";

    /// <summary>Dial and TLS handshake to a cluster. Upstream's 30 s and 10 s together leave a caller waiting for longer than kubectl does.</summary>
    public TimeSpan ClusterConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long nothing may move on a request that is not long-running. The API server's own limit for those is a minute.</summary>
    public TimeSpan ClusterResponseTimeout { get; init; } = TimeSpan.FromSeconds(65);

    public int SecurePort { get; init; } = 9443;

    public IPAddress BindAddress { get; init; } = IPAddress.IPv6Any;

    public string TlsCertFile { get; init; } = "";

    public string TlsPrivateKeyFile { get; init; } = "";

    public CertificateOptions Certificates { get; init; } = new();

    /// <summary>The least version allowed and all above it.</summary>
    public SslProtocols TlsProtocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Below TLS 1.3; empty means the platform's own choice.</summary>
    public IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; } = [];

    /// <summary>A kube-apiserver multiplexes all its users' watches on a few connections.</summary>
    public int Http2MaxStreamsPerConnection { get; init; } = 1000;

    /// <summary>As kube-apiserver's: none, since one replica has nobody to share with.</summary>
    public float GoawayChance { get; init; }

    public int HealthPort { get; init; } = 8092;

    public IPAddress HealthBindAddress { get; init; } = IPAddress.IPv6Any;

    /// <summary>How to reach the hub's kube-apiserver; empty inside a cluster.</summary>
    public string Kubeconfig { get; init; } = "";

    public string UserAgent { get; init; } = "cluster-gateway";

    public FeatureGates FeatureGates { get; init; } = FeatureGates.Default;

    public string ClientCaFile { get; init; } = "";

    public string RequestHeaderClientCaFile { get; init; } = "";

    public IReadOnlyList<string> RequestHeaderAllowedNames { get; init; } = [];

    public IReadOnlyList<string> RequestHeaderUsernameHeaders { get; init; } = ["x-remote-user"];

    public IReadOnlyList<string> RequestHeaderUidHeaders { get; init; } = [];

    public IReadOnlyList<string> RequestHeaderGroupHeaders { get; init; } = ["x-remote-group"];

    public IReadOnlyList<string> RequestHeaderExtraHeadersPrefix { get; init; } = ["x-remote-extra-"];

    public bool AuthenticationSkipLookup { get; init; }

    public bool AuthenticationTolerateLookupFailure { get; init; }

    public TimeSpan AuthenticationTokenCacheTtl { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Far more than newcomers are, and little work for an API server.</summary>
    public int AuthenticationUnknownTokensPerSecond { get; init; } = 100;

    public TimeSpan AuthorizationAllowedCacheTtl { get; init; } = TimeSpan.FromSeconds(10);

    public TimeSpan AuthorizationDeniedCacheTtl { get; init; } = TimeSpan.FromSeconds(10);

    public IReadOnlyList<string> AuthorizationAlwaysAllowPaths { get; init; } = ["/healthz", "/readyz", "/livez"];

    /// <summary>Whether the inner request is authorised too.</summary>
    public bool AuthorizeProxySubpath { get; init; }

    /// <summary>File of identity rules.</summary>
    public string ClusterGatewayProxyConfig { get; init; } = "";

    /// <summary>File of who may do what; empty asks the hub.</summary>
    public string AccessPolicy { get; init; } = "";

    /// <summary>Keys of extras that clusters are told. kube-apiserver adds some by itself, and each needs a right in every cluster.</summary>
    public IReadOnlyList<string> ImpersonateExtra { get; init; } = [];

    public bool ImpersonateUid { get; init; }

    /// <summary>Off: upstream's labels are as many as clusters, times resources, verbs and codes.</summary>
    public bool MetricsPerCluster { get; init; }

    /// <summary>A line per request.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>Whether an audit was asked for by flags that have no effect only.</summary>
    public bool IsAuditUnheeded { get; init; }

    /// <summary>Nobody is authenticated or authorised; on loopback only.</summary>
    public bool StandaloneDebugMode { get; init; }

    /// <summary>Upstream's generic server allows a minute for short requests; long ones would otherwise hold up a rollout.</summary>
    public TimeSpan GracefulShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The first part of it, in which everything is served although <c>/readyz</c> says no: endpoints take a moment to be withdrawn.</summary>
    public TimeSpan ShutdownDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Rules that say who may reach which services of clusters; empty for nobody.</summary>
    public string ServicePolicy { get; init; } = "";

    public string ServiceProxyCaCert { get; init; } = "";

    /// <summary>Off: spans leave the machine and say who is asked for what.</summary>
    public string OtlpEndpoint { get; init; } = "";

    public int TraceSamplingRatePerMillion { get; init; } = 1_000_000;

    public int Verbosity { get; init; } = 4;

    /// <summary>A directory alone needs no hub; a kubeconfig beside it adds one.</summary>
    public bool UsesKubernetes => ClustersDirectory.Length == 0 || Kubeconfig.Length > 0;
}
