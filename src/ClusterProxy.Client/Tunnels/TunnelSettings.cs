using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tunnels;

/// <summary>What all tunnels of a client share.</summary>
internal sealed record TunnelSettings(
    string Server, TunnelLimits Limits, TimeProvider Time, ClientMetrics Metrics, ILogger Log)
{
    /// <summary>Request headers of each call: what the client understands, and a name that servers log.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; } =
        [new("user-agent", "clusterproxy-client"), new(TunnelHeaders.Features, TunnelFeatures.Format(TunnelFeatures.Frontend))];
}
