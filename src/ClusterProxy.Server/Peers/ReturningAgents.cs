using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// Agents that lost a tunnel with this server's predecessor and are not back: one other server has them. They would be nowhere if that one
/// were the next to be replaced, so this server is not ready before they have found their second tunnel, here or elsewhere.
/// </summary>
/// <param name="agents">Of this server.</param>
/// <param name="peers">The other ones.</param>
/// <param name="time">The clock.</param>
internal sealed class ReturningAgents(AgentRegistry agents, PeerSet peers, TimeProvider time)
{
    /// <summary>Agents pause for up to ten seconds between attempts. Those that stay away for longer have another reason.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Twice what 2,000 agents take to come back to a server with two processors.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private HashSet<(string Id, string Cluster)>? _first;
    private long _started;
    private long _lessSince;
    private int _least = int.MaxValue;
    private bool _isOver;

    /// <summary>How many. What was none stays none: agents that fail later are no reason to stop serving.</summary>
    public int Count()
    {
        lock (_gate)
        {
            return _isOver ? 0 : CountNow();
        }
    }

    private int CountNow()
    {
        var servers = new Dictionary<(string Id, string Cluster), int>();
        foreach (var lane in peers.Lanes.Where(static l => l.IsUsable))
        {
            foreach (var agent in lane.Tunnels.Tunnels.Where(static t => !t.Draining).Select(static t => (t.Agent, t.Cluster)).Distinct())
            {
                servers[agent] = servers.GetValueOrDefault(agent) + 1;
            }
        }

        if (_first is null)
        {
            _first = [.. servers.Keys];
            _started = _lessSince = time.GetTimestamp();
        }

        var here = agents.Tunnels.Where(static t => !t.IsDraining).Select(static t => (t.Agent.Id, t.Agent.Cluster)).ToHashSet();
        var count = servers.Count(s => s.Value == 1 && _first.Contains(s.Key) && !here.Contains(s.Key));
        if (count < _least)
        {
            (_least, _lessSince) = (count, time.GetTimestamp());
        }

        // Many that nobody knew mean that all servers have started, and that none serves while each waits for its part.
        var isNewHub = servers.Keys.Union(here).Count() > 2 * _first.Count;
        _isOver = count == 0 || isNewHub || time.GetElapsedTime(_lessSince) > Patience || time.GetElapsedTime(_started) > Longest;
        return _isOver ? 0 : count;
    }
}
