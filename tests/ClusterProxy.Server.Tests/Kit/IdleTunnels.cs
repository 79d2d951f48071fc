using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>Agents' tunnels over pipes that nobody reads, for tests of what is known about them.</summary>
internal static class IdleTunnels
{
    public static AgentTunnel Create(string id, string identifiers = "", string features = "", TimeProvider? time = null)
    {
        Assert.True(AgentIdentifiers.TryParse(identifiers, out var parsed, out _));
        return new AgentTunnel(
            new AgentIdentity(id, parsed, "test", features), laneToken: id, new Pipe().Reader, new Pipe().Writer,
            new AgentContext(
                TunnelLimits.Default, time ?? TimeProvider.System, new ServerMetrics(CreateMeters()), NullLogger.Instance));
    }

    public static IMeterFactory CreateMeters() =>
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    /// <summary>As after DRAIN.</summary>
    public static AgentTunnel Drained(this AgentTunnel tunnel)
    {
        tunnel.Drain();
        return tunnel;
    }
}
