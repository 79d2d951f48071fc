namespace ClusterProxy.Server.Agents;

/// <summary>
/// Looks at every agent's streams once a second: those that are dead but look alive are ended, and dials that wait for an answer from a
/// silent one go to another agent.
/// </summary>
internal sealed class TunnelWatch : IAsyncDisposable
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly AgentRegistry _agents;
    private readonly PeriodicTimer _timer;
    private readonly Task _loop;

    public TunnelWatch(AgentRegistry agents, TimeProvider time)
    {
        _agents = agents;
        _timer = new PeriodicTimer(Interval, time);
        _loop = RunAsync();
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _loop;
    }

    private async Task RunAsync()
    {
        while (await _timer.WaitForNextTickAsync())
        {
            foreach (var tunnel in _agents.Tunnels)
            {
                tunnel.Watch(_agents);
            }
        }
    }
}
