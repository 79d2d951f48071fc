using ClusterProxy.Hosting;
using ClusterProxy.Server.Peers;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// Looks at every agent's streams once a second: those that are dead but look alive are ended, and dials that wait for an answer from a
/// silent one go to another agent.
/// </summary>
/// <param name="agents">Of this server.</param>
/// <param name="peers">The other servers, which may have another agent; null without any.</param>
/// <param name="time">The clock.</param>
internal sealed class TunnelWatch(AgentRegistry agents, PeerSet? peers, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Rounds _rounds = new(Interval, time, () =>
    {
        foreach (var tunnel in agents.Tunnels)
        {
            tunnel.Watch(agents, peers);
        }
    });

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();
}
