using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Peers;

/// <summary>What everything that asks other servers is given.</summary>
/// <param name="ServerId">Of this server.</param>
/// <param name="Limits">Bounds of each lane and connection.</param>
/// <param name="Time">The clock.</param>
/// <param name="Metrics">Counts.</param>
/// <param name="Logger">Of the server.</param>
internal sealed record PeerContext(string ServerId, TunnelLimits Limits, TimeProvider Time, ServerMetrics Metrics, ILogger Logger)
{
    /// <summary>For lines that other servers cause.</summary>
    public ILogger Refusals { get; init; } = Logger;
}
