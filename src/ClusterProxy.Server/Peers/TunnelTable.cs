using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server.Peers;

/// <summary>The tunnels of one other server, by what dials ask for. Not thread-safe.</summary>
internal sealed class TunnelTable
{
    private readonly Dictionary<long, OwnedTunnel> _tunnels = [];
    private readonly Dictionary<string, List<OwnedTunnel>> _byDestination = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OwnedTunnel>> _byCluster = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<OwnedTunnel>> _defaultRoutes = new(StringComparer.Ordinal);

    public int Count => _tunnels.Count;

    public IReadOnlyCollection<OwnedTunnel> Tunnels => _tunnels.Values;

    public bool Contains(long number) => _tunnels.ContainsKey(number);

    public void Set(OwnedTunnel tunnel)
    {
        Remove(tunnel.Number);
        _tunnels[tunnel.Number] = tunnel;
        Add(_byCluster, tunnel.Cluster, tunnel);
        foreach (var destination in tunnel.Destinations.Distinct(StringComparer.Ordinal))
        {
            Add(_byDestination, destination, tunnel);
        }

        if (tunnel.DefaultRoute)
        {
            Add(_defaultRoutes, "", tunnel);
        }
    }

    public void Remove(long number)
    {
        if (!_tunnels.Remove(number, out var tunnel))
        {
            return;
        }

        Remove(_byCluster, tunnel.Cluster, tunnel);
        Remove(_defaultRoutes, "", tunnel);
        foreach (var destination in tunnel.Destinations)
        {
            Remove(_byDestination, destination, tunnel);
        }
    }

    /// <summary>Whether a strategy finds a tunnel; null when it finds none, else whether one of them takes new dials.</summary>
    /// <param name="strategy">Of the server that asks.</param>
    /// <param name="host">The dialled host, without port.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    public bool? Find(ProxyStrategy strategy, string host, IReadOnlySet<string>? clusters)
    {
        bool? found = null;
        foreach (var tunnel in Candidates(strategy, host, clusters))
        {
            // Agents that are believed what they claim have no cluster, and nothing tells them apart.
            if (clusters is not null && tunnel.Cluster.Length > 0 && !clusters.Contains(tunnel.Cluster))
            {
                continue;
            }

            if (!tunnel.Draining)
            {
                return true;
            }

            found = false;
        }

        return found;
    }

    private IEnumerable<OwnedTunnel> Candidates(ProxyStrategy strategy, string host, IReadOnlySet<string>? clusters) => strategy switch
    {
        ProxyStrategy.DestHost => Of(_byDestination, host),
        ProxyStrategy.DefaultRoute => Of(_defaultRoutes, ""),
        ProxyStrategy.Default when clusters is null => _tunnels.Values,
        ProxyStrategy.Default => clusters.Append("").SelectMany(c => Of(_byCluster, c)),
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "a strategy that finds no tunnels of others"),
    };

    private static List<OwnedTunnel> Of(Dictionary<string, List<OwnedTunnel>> index, string key) => index.GetValueOrDefault(key) ?? [];

    private static void Add(Dictionary<string, List<OwnedTunnel>> index, string key, OwnedTunnel tunnel)
    {
        if (!index.TryGetValue(key, out var tunnels))
        {
            index[key] = tunnels = new(1);
        }

        tunnels.Add(tunnel);
    }

    private static void Remove(Dictionary<string, List<OwnedTunnel>> index, string key, OwnedTunnel tunnel)
    {
        if (index.TryGetValue(key, out var tunnels) && tunnels.RemoveAll(t => ReferenceEquals(t, tunnel)) > 0 && tunnels.Count == 0)
        {
            index.Remove(key);
        }
    }
}
