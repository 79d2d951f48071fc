using System.Net;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

internal sealed class FrontendFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = "Frontends";

    private readonly Flag<FrontendMode> _mode = flags.AddParsed(
        "mode", defaults.Mode, Group, "What frontends speak: grpc, http-connect, or auto for both on one port.",
        ChoiceFlagType.Of(("grpc", FrontendMode.Grpc), ("http-connect", FrontendMode.HttpConnect), ("auto", FrontendMode.Auto)));

    private readonly Flag<int> _port = flags.AddInt(
        "server-port", defaults.ServerPort, Group, "TCP port for frontends; 0 together with --uds-name.");

    private readonly Flag<IPAddress> _bindAddress = flags.AddParsed(
        "server-bind-address", defaults.ServerBindAddress, Group, "Address of the frontend port; empty for all interfaces.",
        BindAddresses.AllIfEmpty);

    private readonly Flag<string> _cert = flags.AddString(
        "server-cert", defaults.ServerCert, Group, "Certificate file of the frontend port (PEM, with intermediates).");

    private readonly Flag<string> _key = flags.AddString(
        "server-key", defaults.ServerKey, Group, "Private key file of the frontend port (PEM).");

    private readonly Flag<string> _caCert = flags.AddString(
        "server-ca-cert", defaults.ServerCaCert, Group, "CA file that frontends' certificates are checked against; required with TCP.");

    private readonly Flag<string> _udsName = flags.AddString(
        "uds-name", defaults.UdsName, Group, "Unix socket that serves frontends instead of TCP.");

    private readonly Flag<bool> _deleteUds = flags.AddBool(
        "delete-existing-uds-file", defaults.DeleteExistingUdsFile, Group, "Replace a socket file that is already there.");

    private readonly Flag<TimeSpan> _keepalive = flags.AddTimer(
        "frontend-keepalive-time", defaults.FrontendKeepaliveTime, Group, "Interval of HTTP/2 pings to gRPC frontends; see --peer-ping-interval.");

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        Mode = result.Get(_mode),
        ServerPort = result.Get(_port),
        ServerBindAddress = result.Get(_bindAddress),
        ServerCert = result.Get(_cert),
        ServerKey = result.Get(_key),
        ServerCaCert = result.Get(_caCert),
        UdsName = result.Get(_udsName),
        DeleteExistingUdsFile = result.Get(_deleteUds),
        FrontendKeepaliveTime = result.Get(_keepalive),
    };
}
