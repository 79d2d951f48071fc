using System.Diagnostics;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tunnels;

/// <summary>What all tunnels of a client share.</summary>
internal sealed record TunnelSettings(
    string Server, TunnelLimits Limits, TimeProvider Time, ClientMetrics Metrics, ILogger Log)
{
    private readonly KeyValuePair<string, string>[] _metadata =
        [new("user-agent", "clusterproxy-client"), new(TunnelHeaders.Features, TunnelFeatures.Format(TunnelFeatures.Frontend))];

    /// <summary>
    /// Request headers of a call: what the client understands, a name that servers log, and the trace for which the dial is made.
    /// </summary>
    public IReadOnlyList<KeyValuePair<string, string>> MetadataOf(Activity? activity) =>
        TraceOf(activity) is { } trace ? [.. _metadata, new(TunnelHeaders.TraceParent, trace)] : _metadata;

    /// <summary>W3C trace context of the caller; null when it has none.</summary>
    public static string? TraceOf(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id } ? id : null;
}
