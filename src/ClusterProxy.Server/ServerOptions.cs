using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server;

/// <summary>
/// All that a proxy-server can be told. Properties bear the names of the flags; the values here are the flags' defaults,
/// which are upstream's unless a comment says why not. An empty path means that there is no such file.
/// </summary>
internal sealed record ServerOptions
{
    public string ServerCert { get; init; } = "";

    public string ServerKey { get; init; } = "";

    public string ServerCaCert { get; init; } = "";

    public FrontendMode Mode { get; init; } = FrontendMode.Grpc;

    /// <summary>Path of the Unix socket that serves frontends instead of the TCP port.</summary>
    public string UdsName { get; init; } = "";

    public bool DeleteExistingUdsFile { get; init; } = true;

    public int ServerPort { get; init; } = 8090;

    /// <summary><see cref="IPAddress.IPv6Any"/> stands for all interfaces, on hosts without IPv6 too.</summary>
    public IPAddress ServerBindAddress { get; init; } = IPAddress.IPv6Any;

    public TimeSpan FrontendKeepaliveTime { get; init; } = TimeSpan.FromHours(1);

    public string ClusterCert { get; init; } = "";

    public string ClusterKey { get; init; } = "";

    public string ClusterCaCert { get; init; } = "";

    public int AgentPort { get; init; } = 8091;

    public IPAddress AgentBindAddress { get; init; } = IPAddress.IPv6Any;

    public TimeSpan KeepaliveTime { get; init; } = TimeSpan.FromHours(1);

    public int HealthPort { get; init; } = 8092;

    public IPAddress HealthBindAddress { get; init; } = IPAddress.IPv6Any;

    public int AdminPort { get; init; } = 8095;

    public IPAddress AdminBindAddress { get; init; } = IPAddress.Loopback;

    public bool EnableProfiling { get; init; }

    public bool EnableContentionProfiling { get; init; }

    /// <summary>Random unless flag or environment name it; unique for each replica.</summary>
    public string ServerId { get; init; } = Guid.NewGuid().ToString();

    public int ServerCount { get; init; } = 1;

    public IReadOnlyList<ProxyStrategy> ProxyStrategies { get; init; } = [ProxyStrategy.Default];

    /// <summary>Below TLS 1.3; empty means the platform's own choice.</summary>
    public IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; } = [];

    /// <summary>The least version allowed and all above it.</summary>
    public SslProtocols TlsProtocols { get; init; } = SslProtocols.Tls12 | SslProtocols.Tls13;

    /// <summary>Packets; accepted for upstream's sake, since here bytes are bounded.</summary>
    public int XfrChannelSize { get; init; } = 10;

    public int FrontendWriteChannelSize { get; init; } = 10;

    public string AgentNamespace { get; init; } = "";

    public string AgentServiceAccount { get; init; } = "";

    public string AuthenticationAudience { get; init; } = "";

    public string Kubeconfig { get; init; } = "";

    public float KubeconfigQps { get; init; }

    public int KubeconfigBurst { get; init; }

    public string KubeApiContentType { get; init; } = "application/vnd.kubernetes.protobuf";

    public bool EnableLeaseController { get; init; }

    public string LeaseNamespace { get; init; } = "kube-system";

    public LabelList LeaseLabel { get; init; } = LabelList.KonnectivityServer;

    /// <summary>Upstream's 0 cuts every connection on a rollout; half a minute is what Kubernetes gives a pod to end.</summary>
    public TimeSpan GracefulShutdownTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// Of that time the first, in which everything is served as before although <c>/readyz</c> says no: whoever routes frontends here
    /// needs a moment to learn of it, and what still comes must not fail. A third of the whole at most.
    /// </summary>
    public TimeSpan ShutdownDelay { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Zero is no deadline. Upstream's 0 leaves dials pending for ever when an agent does not answer.</summary>
    public TimeSpan BackendDialTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Accept agents that show neither a certificate nor a token.</summary>
    public bool InsecureAgentPort { get; init; }

    /// <summary>
    /// TLS handshakes a second on the agent port; 0 for <see cref="Planes.HandshakeAdmission"/>'s own rate, which follows the processors.
    /// </summary>
    public int AgentHandshakeRate { get; init; }

    /// <summary>
    /// With all that belongs to it a connection costs some 80 KiB, so that one certificate gets less than a gigabyte. Upstream's agents
    /// may all show one and the same, which is why it is not a handful.
    /// </summary>
    public int AgentMaxConnections { get; init; } = 10_000;

    /// <summary>
    /// Connections through this server, which cost it some kilobytes each when they are idle: of one certificate a few hundred megabytes.
    /// </summary>
    public int MaxConnectionsPerFrontend { get; init; } = 50_000;

    /// <summary>A kube-apiserver has a connection for each thing that it proxies.</summary>
    public int FrontendMaxConnections { get; init; } = 10_000;

    /// <summary>Whether agents are believed what they announce; see <see cref="BindsAgentIdentity"/>.</summary>
    public AgentIdentityMode AgentIdentity { get; init; }

    /// <summary>What agents may announce by their token; binds nothing by default, as with upstream.</summary>
    public TokenBinding AgentTokenIdentifiers { get; init; } = TokenBinding.None;

    /// <summary>What says of which cluster an agent is that shows a token; nothing by default, as with upstream.</summary>
    public AgentTokenCluster AgentTokenCluster { get; init; }

    /// <summary>A flag, or a flag with its value, that was given and that upstream's server would refuse; empty when there is none.</summary>
    public string OwnFlag { get; init; } = "";

    /// <summary>File that says who may dial what; without one everybody may dial everything.</summary>
    public string FrontendPolicy { get; init; } = "";

    /// <summary>The servers that agents are told of; without any, and without file and name, they are told of none.</summary>
    public IReadOnlyList<FleetServer> Servers { get; init; } = [];

    /// <summary>File with these servers, a line each.</summary>
    public string ServersFile { get; init; } = "";

    /// <summary>Host and port: every address of the host is one of these servers.</summary>
    public string ServersDns { get; init; } = "";

    /// <summary>Where agents reach this server, as its lease says it; the servers are then those whose leases do.</summary>
    public string ServersLeases { get; init; } = "";

    /// <summary>How many of these servers an agent keeps tunnels to; 0 for all.</summary>
    public int FanOut { get; init; }

    /// <summary>The servers that dials for their agents are forwarded to, by the addresses of their peer ports; this one may be among them.</summary>
    public IReadOnlyList<FleetServer> Peers { get; init; } = [];

    /// <summary>Host and port: every address of the host is one of these servers.</summary>
    public string PeersDns { get; init; } = "";

    /// <summary>Where other servers reach this one, as its lease says it; the others are then those whose leases do.</summary>
    public string PeersLeases { get; init; } = "";

    /// <summary>Behind upstream's own ports.</summary>
    public int PeerPort { get; init; } = 8096;

    public IPAddress PeerBindAddress { get; init; } = IPAddress.IPv6Any;

    public string PeerCert { get; init; } = "";

    public string PeerKey { get; init; } = "";

    public string PeerCaCert { get; init; } = "";

    /// <summary>A line per dial and per connection's end.</summary>
    public AuditOptions Audit { get; init; } = new();

    /// <summary>A Unix socket for frontends beside the TCP port.</summary>
    public string FrontendUdsName { get; init; } = "";

    /// <summary>Greatest gRPC message accepted, in bytes: gRPC's own default.</summary>
    public int MaxMessageSize { get; init; } = 4 * 1024 * 1024;

    /// <summary>Bytes queued for one connection toward a peer that has no flow control.</summary>
    public int ConnectionBufferSize { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes that all connections may have queued here together before new dials are refused, and that senders may have been granted
    /// beyond the first 64 KiB of each: five hundred downloads at full speed, thousands of busy connections, and far from what would
    /// get the process killed.
    /// </summary>
    public long BufferBudget { get; init; } = 512 * 1024 * 1024;

    /// <summary>How long a full connection may pause its tunnel before that connection is closed.</summary>
    public TimeSpan ConnectionStallLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an HTTP-CONNECT client may take to send its request head.</summary>
    public TimeSpan ConnectHeadTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The least interval that upstream's agents allow is 30 s.</summary>
    public TimeSpan PeerPingInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Additions to the wire that are not announced.</summary>
    public TunnelFeatureSet WithoutFeatures { get; init; }

    public int MaxPendingDials { get; init; } = 10_000;

    /// <summary>A week lets an operator act in working hours; whatever renews certificates by itself has done so long before.</summary>
    public TimeSpan CertificateExpiryWarning { get; init; } = TimeSpan.FromDays(7);

    /// <summary>
    /// Longer than most pauses between bursts of requests, so that a burst seldom finds the pages gone that it needs; short beside what
    /// an idle process lives. Zero is never.
    /// </summary>
    public TimeSpan CompactMemoryAfter { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The value of <c>--v</c>.</summary>
    public int Verbosity { get; init; } = KlogFlags.DefaultVerbosity;

    /// <summary>How many flags say which servers there are.</summary>
    public int ServerSources => Given(Servers.Count > 0, ServersFile.Length > 0, ServersDns.Length > 0, ServersLeases.Length > 0);

    /// <summary>How many flags say where other servers are.</summary>
    public int PeerSources => Given(Peers.Count > 0, PeersDns.Length > 0, PeersLeases.Length > 0);

    /// <summary>Whether there is a fleet to forward dials in.</summary>
    public bool HasPeers => PeerSources > 0;

    /// <summary>Whether leases say which servers there are.</summary>
    public bool HasLeasedFleet => ServersLeases.Length > 0 || PeersLeases.Length > 0;

    /// <summary>Whether agents are to show a service account token: any of its three flags turns that on.</summary>
    public bool UsesTokenAuthentication =>
        AgentNamespace.Length > 0 || AgentServiceAccount.Length > 0 || AuthenticationAudience.Length > 0;

    /// <summary>
    /// Whether an agent may announce only what belongs to the cluster in its certificate. Without a word on it a command line that
    /// upstream's server would take is served as upstream serves it; one that is written for this server is served safely.
    /// </summary>
    public bool BindsAgentIdentity => AgentIdentity switch
    {
        AgentIdentityMode.Certificate => true,
        AgentIdentityMode.Claimed => false,
        _ => OwnFlag.Length > 0 && ClusterCaCert.Length > 0,
    };

    /// <summary>Whether an agent may announce only what its token allows.</summary>
    public bool BindsAgentToken => AgentTokenCluster != AgentTokenCluster.None || AgentTokenIdentifiers.Binds;

    /// <summary>Interval of HTTP/2 pings on the agent port; null for none.</summary>
    public TimeSpan? AgentPingInterval => PingIntervals.Shorter(KeepaliveTime, PeerPingInterval);

    /// <summary>Interval of HTTP/2 pings to gRPC frontends; null for none.</summary>
    public TimeSpan? FrontendPingInterval => PingIntervals.Shorter(FrontendKeepaliveTime, PeerPingInterval);

    private static int Given(params ReadOnlySpan<bool> flags) => flags.Count(true);
}
