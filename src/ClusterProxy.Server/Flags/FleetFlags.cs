using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;

namespace ClusterProxy.Server.Flags;

/// <summary>Which servers there are, beside this one.</summary>
internal sealed class FleetFlags(FlagSet flags, ServerOptions defaults)
{
    private const string Group = AdditionFlags.Group;

    private readonly Flag<IReadOnlyList<FleetServer>> _servers = flags.AddParsedList(
        "servers", defaults.Servers, Group,
        "All servers, this one too, so that agents connect to each directly: a comma list of ID=HOST:PORT, each with its --server-id "
        + "and the address at which agents reach it.", ServerText.FlagType);

    private readonly Flag<string> _file = flags.AddString(
        "servers-file", defaults.ServersFile, Group, "File with the same, one server a line; followed when it changes.");

    private readonly Flag<string> _dns = flags.AddString(
        "servers-dns", defaults.ServersDns, Group,
        "HOST:PORT whose every address is a server, asked for every 5s; HOST is the name that their certificates bear.");

    private readonly Flag<string> _leases = flags.AddString(
        "servers-leases", defaults.ServersLeases, Group,
        "HOST:PORT at which agents reach this server. Its lease says so, and the servers are those whose leases do; needs "
        + "--enable-lease-controller.");

    private readonly Flag<int> _fanOut = flags.AddParsed(
        "fan-out", defaults.FanOut, Group,
        "How many of these servers each agent keeps tunnels to: all of them (mesh), or 2 by rendezvous hash.",
        ChoiceFlagType.Of(("mesh", 0), ("2", 2)));

    public ServerOptions Apply(FlagParseResult result, ServerOptions options) => options with
    {
        Servers = result.Get(_servers),
        ServersFile = result.Get(_file),
        ServersDns = result.Get(_dns),
        ServersLeases = result.Get(_leases),
        FanOut = result.Get(_fanOut),
    };
}
