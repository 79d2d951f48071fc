using System.Collections.Immutable;
using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Agent.Servers;

/// <summary>What several servers say about their fleet, taken together, and what an agent makes of it.</summary>
internal static class FleetView
{
    /// <summary>
    /// Whoever is in anyone's set is there: servers learn of a change one after the other, and one that is not known to all of them yet
    /// must not be left again because of it. Fewer tunnels than to all are kept only if all say so.
    /// </summary>
    public static ServerSet Union(IReadOnlyCollection<ServerSet> announced)
    {
        var sets = announced.Where(static s => !s.IsEmpty).ToArray();
        return sets.Length == 0
            ? ServerSet.None
            : new(
                [
                    .. sets.SelectMany(static s => s.Servers).Distinct().Where(IsReachable)
                        .OrderBy(static s => s.Name, StringComparer.Ordinal).ThenBy(static s => s.Address, StringComparer.Ordinal)
                        .Take(ServerSet.MaxServers),
                ],
                sets.Any(static s => s.FanOut == 0) ? 0 : sets.Max(static s => s.FanOut),
                sets.Select(static s => s.Key).Min(StringComparer.Ordinal)!);
    }

    /// <summary>
    /// The servers to keep tunnels to: all, or the first ones in the order of the key. For each that cannot be reached one more follows,
    /// so that there are as many tunnels as there should be.
    /// </summary>
    /// <param name="set">The fleet.</param>
    /// <param name="isFailing">Whether a server of it cannot be reached, or is there under another name.</param>
    public static ImmutableArray<FleetServer> Wanted(ServerSet set, Func<FleetServer, bool> isFailing)
    {
        if (set.FanOut == 0)
        {
            return set.Servers;
        }

        var byName = set.Servers.ToLookup(static s => s.Name, StringComparer.Ordinal);
        var wanted = ImmutableArray.CreateBuilder<FleetServer>();
        var reachable = 0;
        foreach (var entries in RendezvousHash.First(set.Key, byName, static g => g.Key, byName.Count))
        {
            if (reachable == set.FanOut)
            {
                break;
            }

            wanted.AddRange(entries);
            reachable += entries.All(isFailing) ? 0 : 1;
        }

        return wanted.ToImmutable();
    }

    /// <summary>How many tunnels that makes.</summary>
    /// <param name="set">The fleet.</param>
    /// <param name="doubles">Names in it that turned out to be another one's server.</param>
    public static int Count(ServerSet set, int doubles = 0)
    {
        var names = set.Servers.Select(static s => s.Name).Distinct(StringComparer.Ordinal).Count() - doubles;
        return set.FanOut == 0 ? names : Math.Min(set.FanOut, names);
    }

    private static bool IsReachable(FleetServer server) =>
        HostPort.IsHost(server.Host) && (server.CertificateName.Length == 0 || HostPort.IsHost(server.CertificateName));
}
