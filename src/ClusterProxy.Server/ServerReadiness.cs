using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Peers;

namespace ClusterProxy.Server;

/// <summary>
/// Ready when some strategy can route a dial, here or by way of another server, when other servers have said for which dials they can
/// and have no agent that should have a tunnel here too, and not on the way out.
/// </summary>
internal sealed class ServerReadiness(AgentRegistry agents, PeerSet? peers = null, ReturningAgents? returning = null)
{
    private volatile bool _stopping;

    public HealthCheck Check => new("agents", () =>
        _stopping ? "the proxy server is shutting down"
        : !agents.CanRoute && peers is not { CanRoute: true } ? "no connection to any proxy agent"
        : peers is { KnowsFleet: false } ? "other servers have not said yet which agents they have"
        : returning?.Count() is > 0 and var count ? $"agents that only one other server has are still coming back: {count}"
        : null);

    public void Stop() => _stopping = true;
}
