using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Agents;

/// <summary>What everything that serves agents is given.</summary>
/// <param name="Limits">Bounds of each stream and connection.</param>
/// <param name="Time">The clock.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Logger">Of the server.</param>
internal sealed record AgentContext(TunnelLimits Limits, TimeProvider Time, ServerMetrics Metrics, ILogger Logger)
{
    /// <summary>For lines that agents cause.</summary>
    public ILogger Refusals { get; init; } = Logger;

    /// <summary>What is announced to agents.</summary>
    public TunnelFeatureSet Features { get; init; } = TunnelFeatures.Agent;
}
