using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>What all frontends share. Without a policy everybody may dial everything.</summary>
internal sealed record FrontendContext(
    DialRouter Router,
    LiveFrontends Live,
    ConnectionIds Ids,
    TunnelLimits Limits,
    TimeProvider Time,
    ServerMetrics Metrics,
    ILogger Logger,
    ReloadingFile<FrontendPolicy>? Policy = null);
