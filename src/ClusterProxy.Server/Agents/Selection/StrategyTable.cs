using System.Collections.Immutable;

namespace ClusterProxy.Server.Agents.Selection;

/// <summary>The agents that one strategy knows, by its keys. Immutable; keys stand in the order in which they came.</summary>
internal sealed class StrategyTable
{
    private readonly ImmutableList<string> _keys;
    private readonly ImmutableDictionary<string, ImmutableArray<AgentTunnel>> _tunnels;

    private StrategyTable(ImmutableList<string> keys, ImmutableDictionary<string, ImmutableArray<AgentTunnel>> tunnels)
    {
        _keys = keys;
        _tunnels = tunnels;
    }

    public static StrategyTable Empty { get; } =
        new([], ImmutableDictionary<string, ImmutableArray<AgentTunnel>>.Empty.WithComparers(StringComparer.Ordinal));

    public int KeyCount => _keys.Count;

    public StrategyTable Add(IEnumerable<string> keys, AgentTunnel tunnel)
    {
        var order = _keys;
        var tunnels = _tunnels;
        foreach (var key in keys)
        {
            if (!tunnels.TryGetValue(key, out var known))
            {
                order = order.Add(key);
                known = [];
            }

            if (!known.Contains(tunnel))
            {
                tunnels = tunnels.SetItem(key, known.Add(tunnel));
            }
        }

        return ReferenceEquals(tunnels, _tunnels) ? this : new(order, tunnels);
    }

    public StrategyTable Remove(IEnumerable<string> keys, AgentTunnel tunnel)
    {
        var order = _keys;
        var tunnels = _tunnels;
        foreach (var key in keys)
        {
            if (!tunnels.TryGetValue(key, out var known) || !known.Contains(tunnel))
            {
                continue;
            }

            var left = known.Remove(tunnel);
            tunnels = left.IsEmpty ? tunnels.Remove(key) : tunnels.SetItem(key, left);
            order = left.IsEmpty ? order.Remove(key) : order;
        }

        return ReferenceEquals(tunnels, _tunnels) ? this : new(order, tunnels);
    }

    /// <summary>The tunnel for one key: a draining one only when there is no other.</summary>
    public AgentTunnel? PickFor(string key, in Eligibility eligible) =>
        _tunnels.TryGetValue(key, out var tunnels) ? Best(tunnels, eligible, draining: false) ?? Best(tunnels, eligible, draining: true) : null;

    /// <summary>A key at random, or the next one after it that has a tunnel to give; a draining tunnel only when no key has another.</summary>
    public AgentTunnel? PickAny(in Eligibility eligible)
    {
        if (_keys.IsEmpty)
        {
            return null;
        }

        var start = Random.Shared.Next(_keys.Count);
        return PickFrom(start, eligible, draining: false) ?? PickFrom(start, eligible, draining: true);
    }

    private AgentTunnel? PickFrom(int start, in Eligibility eligible, bool draining)
    {
        for (var i = 0; i < _keys.Count; i++)
        {
            if (Best(_tunnels[_keys[(start + i) % _keys.Count]], eligible, draining) is { } tunnel)
            {
                return tunnel;
            }
        }

        return null;
    }

    /// <summary>
    /// Of the agent that came first, its newest tunnel: when an agent reconnects, the old stream is the one that may be dead.
    /// </summary>
    private static AgentTunnel? Best(ImmutableArray<AgentTunnel> tunnels, in Eligibility eligible, bool draining)
    {
        AgentTunnel? best = null;
        foreach (var tunnel in tunnels)
        {
            if (tunnel.IsDraining == draining && eligible.Includes(tunnel) && (best is null || best.Agent.Key == tunnel.Agent.Key))
            {
                best = tunnel;
            }
        }

        return best;
    }
}
