using ClusterProxy.Agent.Servers;
using ClusterProxy.Hosting.Endpoints;

namespace ClusterProxy.Agent;

/// <summary>What <c>/readyz</c> asks, under upstream's names.</summary>
internal static class AgentReadiness
{
    public static IReadOnlyList<HealthCheck> Checks(ServerPool servers) =>
    [
        new("ping", static () => null),
        new("server-connected", () =>
            servers.IsDraining ? "the agent is draining" : servers.OpenTunnels > 0 ? null : "no servers connected"),
    ];
}
