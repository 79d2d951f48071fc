using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent;

/// <summary>
/// The orderly end: servers are told, and this agent serves on, new dials included, since it may be the only one. It goes when
/// nothing has been under way for a quiet period, or when the drain timeout is over.
/// </summary>
internal sealed class AgentDrain(ServerPool servers, TimeSpan timeout, AgentContext context)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        AgentLog.Draining(context.Logger, servers.Active, timeout.TotalSeconds);
        servers.Drain();
        var time = context.Time;
        var started = time.GetTimestamp();
        var quietSince = started;
        var dials = servers.DialsSeen;
        while (time.GetElapsedTime(started) < timeout && time.GetElapsedTime(quietSince) < DrainPace.QuietPeriod && IsReachable())
        {
            await Task.Delay(DrainPace.Check, time, cancellationToken);
            var seen = servers.DialsSeen;
            if (servers.Active > 0 || seen != dials)
            {
                quietSince = time.GetTimestamp();
            }

            dials = seen;
        }

        AgentLog.Drained(context.Logger, servers.Active);
    }

    /// <summary>Without a tunnel nobody can ask for anything, and none is begun any more.</summary>
    private bool IsReachable() => servers.IsReachable || servers.Active > 0;
}
