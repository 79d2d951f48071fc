using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Peers;

namespace ClusterProxy.Server;

/// <summary>
/// Ready when some strategy can route a dial, here or by way of another server, when other servers have said for which dials they can,
/// and not on the way out.
/// </summary>
internal sealed class ServerReadiness(AgentRegistry agents, PeerSet? peers = null)
{
    private volatile bool _stopping;

    public HealthCheck Check => new("agents", () =>
        _stopping ? "the proxy server is shutting down"
        : !agents.CanRoute && peers is not { CanRoute: true } ? "no connection to any proxy agent"
        : peers is { KnowsFleet: false } ? "other servers have not said yet which agents they have"
        : null);

    public void Stop() => _stopping = true;
}
