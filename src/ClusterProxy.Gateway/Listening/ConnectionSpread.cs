using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Listening;

/// <summary>
/// Has clients of HTTP/2 come back now and then, so that they spread over the replicas behind one address: a kube-apiserver keeps one
/// connection to it for as long as it lives, and sends everything there. After GOAWAY new requests take a new connection; what runs, a
/// watch as well, goes on to its end on the old one.
/// </summary>
internal static class ConnectionSpread
{
    /// <param name="serve">The requests.</param>
    /// <param name="chance">Of each to be the last new one of its connection; 0 for none.</param>
    public static RequestDelegate Around(RequestDelegate serve, float chance) => chance <= 0 ? serve : http =>
    {
        if (HttpProtocol.IsHttp2(http.Request.Protocol) && Random.Shared.NextSingle() < chance)
        {
            http.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        return serve(http);
    };
}
