using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Flags;

/// <summary>What upstream's agent does not know, targets left out.</summary>
internal sealed class AdditionFlags(FlagSet flags, AgentOptions defaults)
{
    public const string Group = "ClusterProxy additions";

    private readonly Flag<TimeSpan> _drainTimeout = flags.AddTimer(
        "drain-timeout", defaults.DrainTimeout, Group, "How long open connections may go on after SIGTERM.");

    private readonly Flag<TimeSpan> _connectTimeout = flags.AddTimer(
        "connect-timeout", defaults.ConnectTimeout, Group, "How long each step of connecting to a server may take.");

    private readonly Flag<int> _tunnels = flags.AddInt(
        "tunnels-per-server", defaults.TunnelsPerServer, Group,
        "TLS connections beside the gRPC tunnel to a server of this project, which carry its connections; 0 for none.");

    private readonly Flag<int> _messageSize = flags.AddInt(
        "max-message-size", defaults.MaxMessageSize, Group, "Greatest gRPC message accepted, in bytes.");

    private readonly Flag<int> _bufferSize = flags.AddInt(
        "connection-buffer-size", defaults.ConnectionBufferSize, Group,
        "Bytes queued for one connection toward a peer that has no flow control.");

    private readonly Flag<long> _bufferBudget = flags.AddLong(
        "buffer-budget", defaults.BufferBudget, Group,
        "Bytes for all connections together: queued, past which new dials are refused, and granted to senders beyond 64 KiB each, past which windows do not grow.");

    private readonly Flag<int> _connections = flags.AddInt(
        "max-connections", defaults.MaxConnections, Group,
        "Connections to targets at one time, dials among them, past which new dials are refused; 0 for no limit.");

    private readonly Flag<TimeSpan> _stallLimit = flags.AddTimer(
        "connection-stall-limit", defaults.ConnectionStallLimit, Group,
        "How long a connection whose queue is full may hold up its tunnel before that connection is closed.");

    private readonly Flag<TimeSpan> _pingInterval = flags.AddTimer(
        "peer-ping-interval", defaults.PeerPingInterval, Group,
        "Interval of HTTP/2 pings that find half-open tunnels; the smaller of this and --keepalive-time counts, "
        + "but no less than 30s, which is what servers allow; 0 leaves only --keepalive-time.");

    private readonly Flag<TunnelFeatureSet> _withoutFeatures = flags.AddParsed(
        "without-features", defaults.WithoutFeatures, Group,
        "Comma list of additions to upstream's wire that are not announced to any peer: to rule one out when looking for a fault, or to "
        + "behave as an earlier version.",
        new FlagType<TunnelFeatureSet>(
            "list", TunnelFeatureList.TryParse, TunnelFeatures.Format,
            $"names what is no addition: write some of {TunnelFeatures.Format(TunnelFeatures.Agent)}"));

    private readonly Flag<TimeSpan> _expiryWarning = flags.AddDuration(
        "certificate-expiry-warning", defaults.CertificateExpiryWarning, Group,
        "How long before a certificate in use expires /readyz and the log warn of it; at most a fifth of its lifetime.");

    private readonly Flag<TimeSpan> _compactMemory = flags.AddTimer(
        "compact-memory-after", defaults.CompactMemoryAfter, Group,
        "How long the program must have been quiet after work before it gives memory back by one full collection; 0 for never.");

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        DrainTimeout = result.Get(_drainTimeout),
        ConnectTimeout = result.Get(_connectTimeout),
        TunnelsPerServer = result.Get(_tunnels),
        MaxMessageSize = result.Get(_messageSize),
        ConnectionBufferSize = result.Get(_bufferSize),
        BufferBudget = result.Get(_bufferBudget),
        MaxConnections = result.Get(_connections),
        ConnectionStallLimit = result.Get(_stallLimit),
        PeerPingInterval = result.Get(_pingInterval),
        WithoutFeatures = result.Get(_withoutFeatures),
        CertificateExpiryWarning = result.Get(_expiryWarning),
        CompactMemoryAfter = result.Get(_compactMemory),
    };
}
