using ClusterProxy.Protocol;

namespace ClusterProxy.Server.Routing;

/// <summary>Brings a frontend's dial to an agent and its answer back.</summary>
internal interface IDialRouter
{
    /// <param name="protocol">Passed on to the agent as it is.</param>
    /// <param name="address">Host and port; the host decides which agent.</param>
    /// <param name="trace">Passed on to an agent that knows what it is.</param>
    /// <param name="clusters">Whose agents may have the dial; null for everybody's.</param>
    /// <param name="cancellationToken">Fires when the frontend gives up.</param>
    Task<DialResult> DialAsync(
        string protocol, string address, TraceContext trace, IReadOnlySet<string>? clusters, CancellationToken cancellationToken);
}
