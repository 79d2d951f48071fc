using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>What every part of the agent is given.</summary>
/// <param name="Limits">Bounds of each tunnel and connection.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Logger">Of the agent.</param>
/// <param name="Time">The clock.</param>
internal sealed record AgentContext(TunnelLimits Limits, AgentMetrics Metrics, ILogger Logger, TimeProvider Time)
{
    public ConnectIds ConnectIds { get; } = new();

    /// <summary>To targets at one time, dials among them; 0 for as many as are asked for.</summary>
    public int MaxConnections { get; init; }
}
