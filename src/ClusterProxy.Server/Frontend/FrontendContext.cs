using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>What all frontends share.</summary>
internal sealed record FrontendContext(
    DialRouter Router,
    LiveFrontends Live,
    ConnectionIds Ids,
    TunnelLimits Limits,
    TimeProvider Time,
    ServerMetrics Metrics,
    ILogger Logger);
