using System.Net;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Leases;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server.Fleet;

/// <summary>Where it is known from which servers there are, as the flags say.</summary>
/// <param name="options">Of the server.</param>
/// <param name="leases">Null when no flag asks for leases.</param>
/// <param name="metrics">Counts what becomes of files.</param>
/// <param name="logger">Told of trouble.</param>
/// <param name="time">The clock.</param>
internal sealed class ServerSources(ServerOptions options, LeasedFleet? leases, FleetMetrics metrics, ILogger logger, TimeProvider time)
{
    /// <summary>By the addresses at which agents reach them; null when agents are not to be told.</summary>
    public IServerSource? OfAgents() => options switch
    {
        _ when options.WithoutFeatures.HasFlag(TunnelFeatureSet.Servers) => null,
        { Servers.Count: > 0 } => new FixedServers(options.Servers),
        { ServersFile.Length: > 0 } => new ServersFile(options.ServersFile, metrics, logger, time),
        { ServersLeases.Length: > 0 } => Leased(ServerLease.AgentAddress, options.ServersLeases),
        _ when DialTarget.TryParse(options.ServersDns, out var name) => Resolved("servers-dns", name),
        _ => null,
    };

    /// <summary>By the addresses of their peer ports; there are peers.</summary>
    public IServerSource OfPeers() => options switch
    {
        { PeersLeases.Length: > 0 } => Leased(ServerLease.PeerAddress, options.PeersLeases),
        _ when DialTarget.TryParse(options.PeersDns, out var name) => Resolved("peers-dns", name),
        _ => new FixedServers(options.Peers),
    };

    private LeasedServers Leased(string annotation, string address) => DialTarget.TryParse(address, out var target)
        ? new LeasedServers(leases!, annotation, new FleetServer(options.ServerId, target.Host, target.Port))
        : throw new ArgumentException($"\"{address}\" has passed the checks of options and is no address", nameof(address));

    private ResolvedServers Resolved(string flag, DialTarget name) => new(flag, name, Dns.GetHostAddressesAsync, logger, time);
}
