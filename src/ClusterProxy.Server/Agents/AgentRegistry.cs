using System.Collections.Concurrent;
using System.Collections.Immutable;
using ClusterProxy.Server.Agents.Selection;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Agents;

/// <summary>The agents that are connected, as each configured strategy sees them.</summary>
/// <remarks>Readers take the snapshot and never wait; writers replace it under a lock. Entries are tunnels, never agent ids.</remarks>
internal sealed class AgentRegistry
{
    private readonly ImmutableArray<IAgentSelector> _selectors;
    private readonly ConcurrentDictionary<string, AgentTunnel> _byLaneToken = new(StringComparer.Ordinal);
    private readonly OwnedTunnels? _owned;
    private readonly Lock _gate = new();
    private AgentSnapshot _snapshot;

    /// <param name="strategies">In the order in which a dial asks them.</param>
    /// <param name="owned">Told of each tunnel, where other servers want to know; null where not.</param>
    public AgentRegistry(IEnumerable<ProxyStrategy> strategies, OwnedTunnels? owned = null)
    {
        _owned = owned;
        _selectors = [.. strategies.Distinct().Select(CreateSelector)];
        _snapshot = new([], [.. _selectors.Select(_ => StrategyTable.Empty)], 0);
    }

    public ImmutableArray<AgentTunnel> Tunnels => Current.Tunnels;

    /// <summary>Whether there is an agent that some strategy can pick.</summary>
    public bool CanRoute => Current.Tables.Any(table => table.KeyCount > 0);

    /// <summary>Size of the table that changed last: what upstream's deprecated gauge shows.</summary>
    public int LastChangedKeyCount => Current is var now && now.Tables.Length > 0 ? now.Tables[now.LastChanged].KeyCount : 0;

    private AgentSnapshot Current => Volatile.Read(ref _snapshot);

    /// <summary>The tunnel beside which a lane belongs, if it is here.</summary>
    public AgentTunnel? FindByLaneToken(string token) => _byLaneToken.GetValueOrDefault(token);

    public void Add(AgentTunnel tunnel)
    {
        _byLaneToken[tunnel.LaneToken] = tunnel;
        lock (_gate)
        {
            if (!_snapshot.Tunnels.Contains(tunnel))
            {
                _owned?.Add(tunnel, tunnel.Agent);
                Replace(_snapshot.Tunnels.Add(tunnel), (table, selector) => table.Add(selector.KeysOf(tunnel.Agent), tunnel));
            }
        }
    }

    public void Remove(AgentTunnel tunnel)
    {
        _byLaneToken.TryRemove(tunnel.LaneToken, out _);
        _owned?.Remove(tunnel);
        lock (_gate)
        {
            Replace(_snapshot.Tunnels.Remove(tunnel), (table, selector) => table.Remove(selector.KeysOf(tunnel.Agent), tunnel));
        }
    }

    /// <summary>Whether a tunnel is the last resort may have changed.</summary>
    public void NoteDraining(AgentTunnel tunnel) => _owned?.SetDraining(tunnel, tunnel.IsDraining);

    /// <summary>How good the tunnel is that <see cref="Pick"/> would give.</summary>
    public TunnelMatch Match(string address, IReadOnlySet<string>? clusters) => Find(address, [], clusters).Match;

    /// <summary>The tunnel for a dial: the first strategy with a match decides.</summary>
    /// <param name="address">Host and port.</param>
    /// <param name="tried">Tunnels that the dial was on already.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    public AgentTunnel? Pick(string address, IReadOnlyCollection<AgentTunnel> tried, IReadOnlySet<string>? clusters = null) =>
        Find(address, tried, clusters).Tunnel;

    /// <summary>As <see cref="Pick"/>, and how good it is.</summary>
    public (AgentTunnel? Tunnel, TunnelMatch Match) Find(
        string address, IReadOnlyCollection<AgentTunnel> tried, IReadOnlySet<string>? clusters)
    {
        var host = DialAddress.HostOf(address);
        var eligible = new Eligibility(tried, clusters);
        var tables = Current.Tables;
        for (var i = 0; i < tables.Length; i++)
        {
            if (_selectors[i].Pick(tables[i], host, eligible) is { } tunnel)
            {
                return (tunnel, new(i, !tunnel.IsDraining));
            }
        }

        return (null, TunnelMatch.None);
    }

    /// <summary>The number of keys that each configured strategy knows: agent ids, or announced hosts.</summary>
    public IEnumerable<(ProxyStrategy Strategy, int Keys)> KeyCounts() =>
        Current.Tables.Select((table, i) => (_selectors[i].Strategy, table.KeyCount));

    private void Replace(ImmutableArray<AgentTunnel> tunnels, Func<StrategyTable, IAgentSelector, StrategyTable> change)
    {
        var before = _snapshot;
        ImmutableArray<StrategyTable> tables = [.. before.Tables.Select((table, i) => change(table, _selectors[i]))];
        var lastChanged = before.LastChanged;
        for (var i = 0; i < tables.Length; i++)
        {
            lastChanged = ReferenceEquals(tables[i], before.Tables[i]) ? lastChanged : i;
        }

        Volatile.Write(ref _snapshot, new(tunnels, tables, lastChanged));
    }

    private static IAgentSelector CreateSelector(ProxyStrategy strategy) => strategy switch
    {
        ProxyStrategy.Default => new AnyAgentSelector(),
        ProxyStrategy.DestHost => new DestinationHostSelector(),
        ProxyStrategy.DefaultRoute => new DefaultRouteSelector(),
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "a strategy without a selector"),
    };
}
