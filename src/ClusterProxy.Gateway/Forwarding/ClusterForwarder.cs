using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>Sends requests on to clusters' API servers.</summary>
internal sealed class ClusterForwarder(GatewayOptions options)
{
    /// <summary>Forwards, and answers itself, with a Status, whatever fails.</summary>
    /// <param name="context">The caller's request; its identity headers are not passed on.</param>
    /// <param name="cluster">Where to.</param>
    /// <param name="identity">As whom.</param>
    /// <param name="targetPathAndQuery">Byte for byte as the caller wrote it, from the slash on; nothing stands for a slash.</param>
    public Task ForwardAsync(HttpContext context, Cluster cluster, ForwardedIdentity identity, string targetPathAndQuery) =>
        StatusAnswer.ServiceUnavailable($"cluster {cluster} of {options.Group} cannot be reached by this build").WriteAsync(context);
}
