using ClusterProxy.Hosting;

namespace ClusterProxy.Server.Agents;

/// <summary>
/// Looks at every agent's streams once a second: those that are dead but look alive are ended, and dials that wait for an answer from a
/// silent one go to another agent.
/// </summary>
internal sealed class TunnelWatch(AgentRegistry agents, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Rounds _rounds = new(Interval, time, () =>
    {
        foreach (var tunnel in agents.Tunnels)
        {
            tunnel.Watch(agents);
        }
    });

    public ValueTask DisposeAsync() => _rounds.DisposeAsync();
}
