using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tunnels;

/// <summary>What all tunnels of a client share.</summary>
internal sealed record TunnelSettings(
    string Server, TunnelLimits Limits, TimeProvider Time, ClientMetrics Metrics, ILogger Log)
{
    // Upstream only logs it; nothing is announced, since the client understands no addition yet.
    public IReadOnlyList<KeyValuePair<string, string>> Metadata { get; } = [new("user-agent", "clusterproxy-client")];
}
