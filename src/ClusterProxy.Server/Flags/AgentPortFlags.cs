using System.Net;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class AgentPortFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "Agents";

    private readonly Flag<int> _port = flags.AddInt("agent-port", defaults.AgentPort, Group, "TCP port for agents.");

    private readonly Flag<IPAddress> _bindAddress = flags.AddParsed(
        "agent-bind-address", defaults.AgentBindAddress, Group, "Address of the agent port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<string> _cert = flags.AddString(
        "cluster-cert", defaults.ClusterCert, Group, "Certificate file of the agent port (PEM, with intermediates).");

    private readonly Flag<string> _key = flags.AddString(
        "cluster-key", defaults.ClusterKey, Group, "Private key file of the agent port (PEM).");

    private readonly Flag<string> _caCert = flags.AddString(
        "cluster-ca-cert", defaults.ClusterCaCert, Group, "CA file that agents' certificates are checked against.");

    private readonly Flag<TimeSpan> _keepalive = flags.AddTimer(
        "keepalive-time", defaults.KeepaliveTime, Group, "Interval of HTTP/2 pings to agents; see --peer-ping-interval.");

    private readonly Flag<string> _serverId = flags.AddString(
        "server-id", "", Group, "Name of this server, unique among its replicas.", "PROXY_SERVER_ID", "a random UUID");

    private readonly Flag<int> _serverCount = flags.AddInt(
        "server-count", defaults.ServerCount, Group, "Number of server replicas; agents are told to connect to that many.");

    private readonly Flag<IReadOnlyList<ProxyStrategy>> _strategies = flags.AddParsed(
        "proxy-strategies", defaults.ProxyStrategies, Group,
        "How the agent for a dial is found, in order of preference: a comma list of default, destHost and defaultRoute.",
        ProxyStrategyList.FlagType);

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        AgentPort = result.Get(_port),
        AgentBindAddress = result.Get(_bindAddress),
        ClusterCert = result.Get(_cert),
        ClusterKey = result.Get(_key),
        ClusterCaCert = result.Get(_caCert),
        KeepaliveTime = result.Get(_keepalive),
        ServerId = result.Get(_serverId) is { Length: > 0 } id ? id : options.ServerId,
        ServerCount = result.Get(_serverCount),
        ProxyStrategies = result.Get(_strategies),
    };
}
