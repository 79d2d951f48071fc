using System.Collections.Immutable;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Fleet;

namespace ClusterProxy.Server.Leases;

/// <summary>
/// The servers whose leases say where they are, and always this one: it is there, whether its lease can be written or not. Where a name
/// or an address leads to is for certificates to say; a lease makes nobody trusted.
/// </summary>
/// <param name="fleet">Owned by the caller, and started later.</param>
/// <param name="annotation">Says the address.</param>
/// <param name="self">This server.</param>
internal sealed class LeasedServers(LeasedFleet fleet, string annotation, FleetServer self) : IServerSource
{
    private readonly Lock _gate = new();
    private ImmutableArray<FleetServer> _servers = [];

    public ImmutableArray<FleetServer> Servers
    {
        get
        {
            lock (_gate)
            {
                return _servers;
            }
        }
    }

    public IReadOnlyList<string> Warnings => fleet.Warnings;

    public void Start(Action changed) => fleet.Follow(() =>
    {
        if (Replace())
        {
            changed();
        }
    });

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private bool Replace()
    {
        lock (_gate)
        {
            var servers = Read();
            var isNew = !_servers.SequenceEqual(servers);
            _servers = servers;
            return isNew;
        }
    }

    /// <summary>In one order, so that equal sets are equal. An address that two leases give is its youngest tenant's.</summary>
    private ImmutableArray<FleetServer> Read() => !fleet.IsKnown ? [] :
    [
        .. fleet.Members.OrderByDescending(static l => l.Spec?.RenewTime).Select(l => ServerLease.Read(l, annotation)).OfType<FleetServer>()
            .Where(s => s.Id != self.Id).Prepend(self).DistinctBy(static s => s.Address, StringComparer.Ordinal).Take(ServerSet.MaxServers)
            .OrderBy(static s => s.Id, StringComparer.Ordinal),
    ];
}
