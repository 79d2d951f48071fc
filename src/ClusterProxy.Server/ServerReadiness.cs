using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Server.Agents;

namespace ClusterProxy.Server;

/// <summary>Ready when some strategy can route a dial, and not on the way out.</summary>
internal sealed class ServerReadiness(AgentRegistry agents)
{
    private volatile bool _stopping;

    public HealthCheck Check => new("agents", () =>
        _stopping ? "the proxy server is shutting down" : agents.CanRoute ? null : "no connection to any proxy agent");

    public void Stop() => _stopping = true;
}
