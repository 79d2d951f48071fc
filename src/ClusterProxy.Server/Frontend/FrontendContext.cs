using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>What all frontends share. Without a policy everybody may dial everything; without an audit nobody notes it.</summary>
internal sealed record FrontendContext(
    IDialRouter Router,
    LiveFrontends Live,
    ConnectionIds Ids,
    TunnelLimits Limits,
    TimeProvider Time,
    ServerMetrics Metrics,
    ILogger Logger,
    ReloadingFile<FrontendPolicy>? Policy = null,
    AuditLog? Audit = null)
{
    /// <summary>For lines that frontends cause.</summary>
    public ILogger Refusals { get; init; } = Logger;

    /// <summary>Hears of what was refused before it was a dial.</summary>
    public RefusedRequests Refused => new(Metrics, Refusals);

    /// <summary>Additions to the wire that are not announced to frontends.</summary>
    public TunnelFeatureSet Without { get; init; }

    /// <summary>What is announced on a frontend's tunnel.</summary>
    public TunnelFeatureSet Features => TunnelFeatures.Frontend & ~Without &
        ~(LaneFeatures.HasFlag(TunnelFeatures.LeastOfLane) ? TunnelFeatureSet.None : TunnelFeatureSet.Lanes);

    /// <summary>What is announced on a frontend's lane.</summary>
    public TunnelFeatureSet LaneFeatures => TunnelFeatures.FrontendLane & ~Without;

    /// <summary>Whether it has to be found out who is at the other end of a connection.</summary>
    public bool WantsSubjects => Policy is not null || Audit is not null;
}
