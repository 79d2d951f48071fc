using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server.Flags;

/// <summary>What upstream's server does not know.</summary>
internal sealed class AdditionFlags(FlagSet flags, ServerOptions defaults)
{
    public const string Group = "ClusterProxy additions";

    private readonly Flag<bool> _insecure = flags.AddBool(
        "insecure-agent-port", defaults.InsecureAgentPort, Group, "Accept agents that prove nothing: anyone who reaches the port.");

    private readonly Flag<int> _handshakeRate = flags.AddInt(
        "agent-handshake-rate", defaults.AgentHandshakeRate, Group,
        "TLS handshakes a second on the agent port. What comes faster waits for up to 5s or is cut before anything of it is read; 0 is 50 for "
        + "each processor.");

    private readonly Flag<int> _agentConnections = flags.AddInt(
        "agent-max-connections", defaults.AgentMaxConnections, Group,
        "TLS connections to the agent port that one certificate may have open, or, where agents show tokens, one pod or else one account; 0 for no "
        + "limit.");

    private readonly Flag<int> _frontendConnections = flags.AddInt(
        "frontend-max-connections", defaults.FrontendMaxConnections, Group,
        "TLS connections to the frontend port that one certificate may have open; 0 for no limit.");

    private readonly Flag<int> _connectionsPerFrontend = flags.AddInt(
        "max-connections-per-frontend", defaults.MaxConnectionsPerFrontend, Group,
        "Connections through this server that one frontend's certificate, or one user of a Unix socket, may have at one time, dials among them; 0 for no limit.");

    private readonly Flag<AgentIdentityMode> _agentIdentity = flags.AddParsed(
        "agent-identity", defaults.AgentIdentity, Group,
        "Whether an agent may announce only what belongs to the cluster in its certificate (certificate) or anything (claimed); "
        + "auto: claimed if no flag is given that upstream lacks, else certificate.",
        ChoiceFlagType.Of(
            ("certificate", AgentIdentityMode.Certificate), ("claimed", AgentIdentityMode.Claimed), ("auto", AgentIdentityMode.Auto)));

    private readonly Flag<TokenBinding> _tokenIdentifiers = flags.AddParsed(
        "agent-token-identifiers", defaults.AgentTokenIdentifiers, Group,
        $"What an agent may announce by its token, in the form of the agent's --agent-identifiers: {TokenBinding.Placeholders} stand for what "
        + "the kube-apiserver says of the token, such as host={node}. An agent that announces anything else, or whose token does not say what is "
        + "needed, is refused. Empty for anything.",
        TokenBinding.FlagType);

    private readonly Flag<AgentTokenCluster> _tokenCluster = flags.AddParsed(
        "agent-token-cluster", defaults.AgentTokenCluster, Group,
        "What says of which cluster an agent is that shows a token, and so what it may announce. namespace: the namespace of its service account "
        + "on the hub, as Open Cluster Management has it; --agent-namespace stays empty, and {cluster} in --agent-service-account stands for the "
        + "namespace, such as {cluster}-cluster-proxy-agent. none: nothing.",
        ChoiceFlagType.Of(("none", AgentTokenCluster.None), ("namespace", AgentTokenCluster.Namespace)));

    private readonly Flag<string> _frontendPolicy = flags.AddString(
        "frontend-policy", defaults.FrontendPolicy, Group,
        "YAML file of rules that say who may dial what; followed when it changes. Without one every frontend may dial everything.");

    private readonly AuditFlags _audit = new(flags, defaults.Audit, Group, "dial and per connection's end");

    private readonly Flag<string> _frontendUds = flags.AddString(
        "frontend-uds-name", defaults.FrontendUdsName, Group, "Unix socket that serves frontends beside the TCP port.");

    private readonly Flag<int> _messageSize = flags.AddInt(
        "max-message-size", defaults.MaxMessageSize, Group, "Greatest gRPC message accepted, in bytes.");

    private readonly Flag<int> _bufferSize = flags.AddInt(
        "connection-buffer-size", defaults.ConnectionBufferSize, Group,
        "Bytes queued for one connection toward a peer that has no flow control.");

    private readonly Flag<long> _bufferBudget = flags.AddLong(
        "buffer-budget", defaults.BufferBudget, Group,
        "Bytes for all connections together: queued, past which new dials are refused, and granted to senders beyond 64 KiB each, past which windows do not grow.");

    private readonly Flag<TimeSpan> _stallLimit = flags.AddTimer(
        "connection-stall-limit", defaults.ConnectionStallLimit, Group,
        "How long a connection whose queue is full may hold up its tunnel before that connection is closed.");

    private readonly Flag<TimeSpan> _headTimeout = flags.AddTimer(
        "connect-head-timeout", defaults.ConnectHeadTimeout, Group, "How long an HTTP-CONNECT client may take to send its request head.");

    private readonly Flag<TimeSpan> _pingInterval = flags.AddTimer(
        "peer-ping-interval", defaults.PeerPingInterval, Group,
        "Interval of HTTP/2 pings that find half-open tunnels; the smaller of this and the keepalive time counts, "
        + "and 0 leaves only the keepalive time.");

    private readonly Flag<TimeSpan> _shutdownDelay = flags.AddTimer(
        "shutdown-delay", defaults.ShutdownDelay, Group,
        "How long after SIGTERM new frontends and dials are still served, while /readyz says no; part of --graceful-shutdown-timeout, "
        + "and a third of it at most.");

    private readonly Flag<int> _pendingDials = flags.AddInt(
        "max-pending-dials", defaults.MaxPendingDials, Group, "Dials that may wait for an agent's answer at one time.");

    private readonly Flag<TunnelFeatureSet> _withoutFeatures = flags.AddParsed(
        "without-features", defaults.WithoutFeatures, Group,
        "Comma list of additions to upstream's wire that are not announced to agents and frontends: to rule one out when looking for a fault, "
        + "or to behave as an earlier version. Servers need theirs among each other.",
        new FlagType<TunnelFeatureSet>(
            "list", TunnelFeatureList.TryParse, TunnelFeatures.Format,
            $"names what is no addition: write some of {TunnelFeatures.Format(TunnelFeatures.Agent)}"));

    private readonly Flag<TimeSpan> _expiryWarning = flags.AddDuration(
        "certificate-expiry-warning", defaults.CertificateExpiryWarning, Group,
        "How long before a certificate in use expires /readyz and the log warn of it; at most a fifth of its lifetime.");

    private readonly Flag<TimeSpan> _compactMemory = flags.AddTimer(
        "compact-memory-after", defaults.CompactMemoryAfter, Group,
        "How long the program must have been quiet after work before it gives memory back by one full collection; 0 for never.");

    /// <summary>The first thing on the command line that upstream's server would refuse; empty when there is none.</summary>
    public string FindOwn(FlagParseResult result, ServerOptions options) =>
        flags.Flags.FirstOrDefault(f => f.Group == Group && f != _agentIdentity && result.IsSet(f)) is { } flag ? $"--{flag.Name}"
        : options.Mode == FrontendMode.Auto ? "--mode=auto"
        : "";

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        InsecureAgentPort = result.Get(_insecure),
        AgentHandshakeRate = result.Get(_handshakeRate),
        AgentMaxConnections = result.Get(_agentConnections),
        FrontendMaxConnections = result.Get(_frontendConnections),
        MaxConnectionsPerFrontend = result.Get(_connectionsPerFrontend),
        AgentIdentity = result.Get(_agentIdentity),
        AgentTokenIdentifiers = result.Get(_tokenIdentifiers),
        AgentTokenCluster = result.Get(_tokenCluster),
        FrontendPolicy = result.Get(_frontendPolicy),
        Audit = _audit.Bind(result),
        FrontendUdsName = result.Get(_frontendUds),
        MaxMessageSize = result.Get(_messageSize),
        ConnectionBufferSize = result.Get(_bufferSize),
        BufferBudget = result.Get(_bufferBudget),
        ConnectionStallLimit = result.Get(_stallLimit),
        ConnectHeadTimeout = result.Get(_headTimeout),
        PeerPingInterval = result.Get(_pingInterval),
        ShutdownDelay = result.Get(_shutdownDelay),
        MaxPendingDials = result.Get(_pendingDials),
        WithoutFeatures = result.Get(_withoutFeatures),
        CertificateExpiryWarning = result.Get(_expiryWarning),
        CompactMemoryAfter = result.Get(_compactMemory),
    };
}
