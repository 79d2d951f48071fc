using System.Diagnostics;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client.Tunnels;

/// <summary>What all tunnels and lanes of a client share.</summary>
internal sealed record TunnelSettings(
    string Server, TunnelLimits Limits, TimeProvider Time, ClientMetrics Metrics, ILogger Log)
{
    /// <summary>Told what the server announces with each call; null when that is of no use.</summary>
    public Action<TunnelFeatureSet>? OnServerFeatures { get; init; }

    /// <summary>What is not announced although it is understood.</summary>
    public TunnelFeatureSet Without { get; init; }

    /// <summary>
    /// Request headers of a call: what the client understands, a name that servers log, and the trace for which the dial is made.
    /// </summary>
    public IEnumerable<KeyValuePair<string, string>> MetadataOf(Activity? activity)
    {
        yield return new("user-agent", "clusterproxy-client");
        yield return new(
            TunnelHeaders.Features,
            TunnelFeatures.Format(TunnelFeatures.Frontend & ~Without & ~(OnServerFeatures is null ? TunnelFeatureSet.Lanes : TunnelFeatureSet.None)));
        foreach (var header in TraceHeaders(activity))
        {
            yield return header;
        }
    }

    /// <summary>W3C trace context of the caller, as headers of a request.</summary>
    public static IEnumerable<KeyValuePair<string, string>> TraceHeaders(Activity? activity)
    {
        var trace = TraceOf(activity);
        if (trace.Parent is { } parent)
        {
            yield return new(TunnelHeaders.TraceParent, parent);
        }

        if (trace.State is { Length: > 0 } state)
        {
            yield return new(TunnelHeaders.TraceState, state);
        }
    }

    /// <summary>W3C trace context of the caller; nothing when it has none.</summary>
    public static TraceContext TraceOf(Activity? activity) => activity is { IdFormat: ActivityIdFormat.W3C, Id: { } id }
        ? new(id, TraceState.Bound(activity.TraceStateString))
        : default;
}
