using System.Globalization;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Tracing;
using Microsoft.AspNetCore.Http;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.UserServer;

/// <summary>Says in headers where the service proxy is to go on to, in place of whatever the caller said.</summary>
internal sealed class ServiceRequestTransformer(string host, ServiceReference service, string pathAndQuery, ViaHop via) : HttpTransformer
{
    private const string Prefix = "Cluster-Proxy-";

    /// <summary>As they are: a URI that tidies up paths would make another request of some.</summary>
    private static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    public override async ValueTask TransformRequestAsync(
        HttpContext httpContext, HttpRequestMessage proxyRequest, string destinationPrefix, CancellationToken cancellationToken)
    {
        await base.TransformRequestAsync(httpContext, proxyRequest, destinationPrefix, cancellationToken);
        proxyRequest.RequestUri = new Uri(host + pathAndQuery, AsWritten);
        proxyRequest.Headers.Host = null;
        if (!HttpMethods.IsConnect(httpContext.Request.Method))
        {
            // YARP asks for every upgrade with GET.
            proxyRequest.Method = HttpMethod.Parse(httpContext.Request.Method);
        }

        GatewayTracing.PassOn(proxyRequest);
        var named = HeaderRules.NamedByConnection(httpContext.Request.Headers.Connection);
        foreach (var name in proxyRequest.Headers.Select(static h => h.Key).Where(n => IsOurs(n) || !PassesOn(n, named)).ToArray())
        {
            proxyRequest.Headers.Remove(name);
        }

        proxyRequest.Headers.TryAddWithoutValidation("Via", via.Extend(httpContext));
        proxyRequest.Headers.Add($"{Prefix}Proto", service.Scheme);
        proxyRequest.Headers.Add($"{Prefix}Namespace", service.Namespace);
        proxyRequest.Headers.Add($"{Prefix}Service", service.Name);
        proxyRequest.Headers.Add($"{Prefix}Port", service.Port.ToString(CultureInfo.InvariantCulture));
    }

    public override async ValueTask<bool> TransformResponseAsync(
        HttpContext httpContext, HttpResponseMessage? proxyResponse, CancellationToken cancellationToken)
    {
        var goesOn = await base.TransformResponseAsync(httpContext, proxyResponse, cancellationToken);
        foreach (var name in httpContext.Response.Headers.Keys.Where(static n => !HeaderRules.PassesInAnswer(n, []) && n is not ("Connection" or "Upgrade")).ToArray())
        {
            // All clusters and services share the gateway's host name, and none may speak for it.
            httpContext.Response.Headers.Remove(name);
        }

        return goesOn;
    }

    /// <summary>As to API servers, but for what makes an upgrade, which the forwarder has put there itself.</summary>
    private static bool PassesOn(string name, HashSet<string> named) =>
        name is "Connection" or "Upgrade" or "X-Forwarded-For" or "X-Forwarded-Host" or "X-Forwarded-Proto" || HeaderRules.PassesInRequest(name, named);

    /// <summary>Underscores included, which some servers take for dashes.</summary>
    private static bool IsOurs(string name) => name.Replace('_', '-').StartsWith(Prefix, StringComparison.OrdinalIgnoreCase);
}
