using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Flags;

/// <summary>Which servers to connect to, and how the agent shows who it is.</summary>
internal sealed class ServerFlags(FlagSet flags, AgentOptions defaults)
{
    private const string Group = "Servers";

    private static readonly FlagType<HostPort> _server = new(
        "host",
        HostPort.TryParse,
        server => server.ToString(),
        "is not the address of a server: write a host name or address, with a port if need be, such as proxy.example.com or [::1]:8091");

    private readonly Flag<IReadOnlyList<HostPort>> _hosts = flags.AddParsedList(
        "proxy-server-host", defaults.ProxyServerHost, Group,
        "Host name or address of the proxy-server; several with commas between them, each with a :port if it differs.", _server);

    private readonly Flag<int> _port = flags.AddInt(
        "proxy-server-port", defaults.ProxyServerPort, Group, "Agent port of servers that are named without one.");

    private readonly Flag<string> _caCert = flags.AddString(
        "ca-cert", defaults.CaCert, Group, "CA file that servers' certificates are checked against; required.");

    private readonly Flag<string> _cert = flags.AddString(
        "agent-cert", defaults.AgentCert, Group, "Certificate file that the agent shows to servers (PEM, with intermediates).");

    private readonly Flag<string> _key = flags.AddString("agent-key", defaults.AgentKey, Group, "Private key file for it (PEM).");

    private readonly Flag<string> _tokenPath = flags.AddString(
        "service-account-token-path", defaults.ServiceAccountTokenPath, Group,
        "File with a token that the agent shows to servers; read again at each connect.");

    private readonly Flag<IReadOnlyList<string>> _alpn = flags.AddStringList(
        "alpn-proto", defaults.AlpnProto, Group, "ALPN names offered besides h2, for routers that choose by them.");

    private readonly Flag<string> _agentId = flags.AddString(
        "agent-id", "", Group, "Name of this agent, unique among all agents.", "PROXY_AGENT_ID", "a random UUID");

    private readonly Flag<string> _identifiers = flags.AddString(
        "agent-identifiers", defaults.AgentIdentifiers, Group,
        "What servers find this agent by, as a URL query of ipv4, ipv6, host, cidr and default-route, "
        + "such as host=node1&ipv4=10.0.0.1.");

    public AgentOptions Apply(FlagParseResult result, AgentOptions options) => options with
    {
        ProxyServerHost = result.Get(_hosts),
        ProxyServerPort = result.Get(_port),
        CaCert = result.Get(_caCert),
        AgentCert = result.Get(_cert),
        AgentKey = result.Get(_key),
        ServiceAccountTokenPath = result.Get(_tokenPath),
        AlpnProto = result.Get(_alpn),
        AgentId = result.Get(_agentId) is { Length: > 0 } id ? id : options.AgentId,
        AgentIdentifiers = result.Get(_identifiers),
    };
}
