using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Gateway.Flags;

internal sealed class TunnelFlags(FlagSet flags, GatewayOptions defaults)
{
    private const string Group = "Tunnel";

    private readonly Flag<string> _host = flags.AddString(
        "proxy-host", defaults.ProxyHost, Group, "Host of the proxy server, or unix:///path of its socket; empty when no cluster is behind it.");

    private readonly Flag<int> _port = flags.AddInt("proxy-port", defaults.ProxyPort, Group, "Frontend port of the proxy server.");

    private readonly Flag<string> _ca = flags.AddString("proxy-ca-cert", defaults.ProxyCaCert, Group, "CA file of the proxy server's certificate.");

    private readonly Flag<string> _cert = flags.AddString("proxy-cert", defaults.ProxyCert, Group, "Certificate shown to the proxy server.");

    private readonly Flag<string> _key = flags.AddString("proxy-key", defaults.ProxyKey, Group, "Key of that certificate.");

    private readonly Flag<string> _name = flags.AddString(
        "tunnel-server-name", defaults.TunnelServerName, Group, "Name that certificates of API servers behind the tunnel must carry.");

    public GatewayOptions Apply(FlagParseResult result, GatewayOptions options) => options with
    {
        ProxyHost = result.Get(_host),
        ProxyPort = result.Get(_port),
        ProxyCaCert = result.Get(_ca),
        ProxyCert = result.Get(_cert),
        ProxyKey = result.Get(_key),
        TunnelServerName = result.Get(_name),
    };
}
