using System.Collections.Immutable;

namespace ClusterProxy.Server.Agents.Selection;

/// <summary>The agents that one strategy knows, by its keys. Immutable; keys stand in the order in which they came.</summary>
internal sealed class StrategyTable
{
    private readonly ImmutableList<string> _keys;
    private readonly ImmutableDictionary<string, ImmutableArray<AgentTunnels>> _agents;

    private StrategyTable(ImmutableList<string> keys, ImmutableDictionary<string, ImmutableArray<AgentTunnels>> agents)
    {
        _keys = keys;
        _agents = agents;
    }

    public static StrategyTable Empty { get; } =
        new([], ImmutableDictionary<string, ImmutableArray<AgentTunnels>>.Empty.WithComparers(StringComparer.Ordinal));

    public int KeyCount => _keys.Count;

    public StrategyTable Add(IEnumerable<string> keys, AgentTunnel tunnel)
    {
        var order = _keys;
        var agents = _agents;
        foreach (var key in keys)
        {
            if (!agents.TryGetValue(key, out var known))
            {
                order = order.Add(key);
                known = [];
            }

            var at = IndexOf(known, tunnel);
            if (at < 0)
            {
                agents = agents.SetItem(key, known.Add(new AgentTunnels(tunnel.Agent.Key, [tunnel])));
            }
            else if (!known[at].Tunnels.Contains(tunnel))
            {
                agents = agents.SetItem(key, known.SetItem(at, known[at] with { Tunnels = known[at].Tunnels.Add(tunnel) }));
            }
        }

        return ReferenceEquals(agents, _agents) ? this : new(order, agents);
    }

    public StrategyTable Remove(IEnumerable<string> keys, AgentTunnel tunnel)
    {
        var order = _keys;
        var agents = _agents;
        foreach (var key in keys)
        {
            if (!agents.TryGetValue(key, out var known) || IndexOf(known, tunnel) is not (>= 0 and var at) ||
                !known[at].Tunnels.Contains(tunnel))
            {
                continue;
            }

            var left = known[at].Tunnels.Remove(tunnel);
            known = left.IsEmpty ? known.RemoveAt(at) : known.SetItem(at, known[at] with { Tunnels = left });
            agents = known.IsEmpty ? agents.Remove(key) : agents.SetItem(key, known);
            order = known.IsEmpty ? order.Remove(key) : order;
        }

        return ReferenceEquals(agents, _agents) ? this : new(order, agents);
    }

    /// <summary>
    /// A tunnel of an agent that is known under the key. Equally loaded agents stand behind the one that came first, which is the one
    /// that upstream always takes.
    /// </summary>
    public AgentTunnel? PickFor(string key, in Eligibility eligible) =>
        _agents.TryGetValue(key, out var agents) ? TwoChoices.Pick(agents.Length, i => agents[i], eligible, firstWins: true) : null;

    /// <summary>A tunnel of any agent. For strategies whose keys are the agents' own.</summary>
    public AgentTunnel? PickAny(in Eligibility eligible) =>
        TwoChoices.Pick(_keys.Count, i => _agents[_keys[i]][0], eligible, firstWins: false);

    private static int IndexOf(ImmutableArray<AgentTunnels> agents, AgentTunnel tunnel)
    {
        for (var i = 0; i < agents.Length; i++)
        {
            if (agents[i].Agent == tunnel.Agent.Key)
            {
                return i;
            }
        }

        return -1;
    }
}
