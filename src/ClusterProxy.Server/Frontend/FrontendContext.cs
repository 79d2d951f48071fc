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
    ReloadingFile<FrontendPolicy>? Policy = null)
{
    /// <param name="subject">Who is at the other end of the connection; null when there is no policy to ask.</param>
    /// <param name="peer">For the log.</param>
    /// <param name="protocol">As the frontend said it.</param>
    /// <param name="address">As the frontend said it.</param>
    /// <param name="cancellationToken">Fires when the frontend gives up.</param>
    public Task<DialResult> DialAsync(
        FrontendSubject? subject, string peer, string protocol, string address, CancellationToken cancellationToken)
    {
        if (Policy is { } policy && (subject is null || !policy.Value.Allows(subject, address)))
        {
            Logger.DialDenied(peer, subject, address);
            return Task.FromResult(DialResult.Failed(DialFailureReason.Denied));
        }

        return Router.DialAsync(protocol, address, cancellationToken);
    }
}
