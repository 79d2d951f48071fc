using System.Net;
using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;

namespace ClusterProxy.Server.Flags;

/// <summary>How servers reach each other, to forward dials to whoever has the agent.</summary>
internal sealed class PeerFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = AdditionFlags.Group;

    private static readonly FlagType<FleetServer> _peer = ServerText.FlagType with
    {
        Mismatch = "is not a server: write ID=HOST:PORT, with the --server-id and the address of the --peer-port, such as a=hub-a:8096",
    };

    private readonly Flag<IReadOnlyList<FleetServer>> _peers = flags.AddParsedList(
        "peers", defaults.Peers, Group,
        "Servers that dials are forwarded to for their agents: a comma list of ID=HOST:PORT, each with its --server-id and the address of "
        + "its --peer-port. This server may be among them.", _peer);

    private readonly Flag<string> _dns = flags.AddString(
        "peers-dns", defaults.PeersDns, Group, "HOST:PORT whose every address is such a server, asked for every 5s.");

    private readonly Flag<string> _leases = flags.AddString(
        "peers-leases", defaults.PeersLeases, Group,
        "HOST:PORT at which other servers reach this one's --peer-port. Its lease says so, and the others are those whose leases do; needs "
        + "--enable-lease-controller.");

    private readonly Flag<int> _port = flags.AddInt(
        "peer-port", defaults.PeerPort, Group, "TCP port for other servers; open with --peers, --peers-dns or --peers-leases only.");

    private readonly Flag<IPAddress> _bindAddress = flags.AddParsed(
        "peer-bind-address", defaults.PeerBindAddress, Group, "Address of the peer port; empty for all interfaces.", BindAddresses.AllIfEmpty);

    private readonly Flag<string> _cert = flags.AddString(
        "peer-cert", defaults.PeerCert, Group,
        "Certificate file that this server shows to other servers, whoever connects (PEM): with the URI spiffe://TRUST-DOMAIN/server/ID of this "
        + "server's --server-id, for server and client authentication.");

    private readonly Flag<string> _key = flags.AddString("peer-key", defaults.PeerKey, Group, "Private key file for it (PEM).");

    private readonly Flag<string> _caCert = flags.AddString(
        "peer-ca-cert", defaults.PeerCaCert, Group, "CA file that other servers' certificates are checked against.");

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        Peers = result.Get(_peers),
        PeersDns = result.Get(_dns),
        PeersLeases = result.Get(_leases),
        PeerPort = result.Get(_port),
        PeerBindAddress = result.Get(_bindAddress),
        PeerCert = result.Get(_cert),
        PeerKey = result.Get(_key),
        PeerCaCert = result.Get(_caCert),
    };
}
