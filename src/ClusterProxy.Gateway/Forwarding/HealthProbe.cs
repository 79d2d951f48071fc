using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// What is asked of a cluster's API server to learn whether it is healthy, by OCM's manager for one, through the gateway itself. A cluster
/// that is marked must still be asked this, since nothing else would take the mark away.
/// </summary>
internal static class HealthProbe
{
    private static readonly string[] Paths = ["/healthz", "/livez", "/readyz"];

    /// <param name="method">Of the request.</param>
    /// <param name="target">Path and query at the cluster.</param>
    public static bool Is(string method, string target)
    {
        var path = target.Split('?', 2)[0];
        return (HttpMethods.IsGet(method) || HttpMethods.IsHead(method))
            && Paths.Any(p => path.StartsWith(p, StringComparison.Ordinal) && (path.Length == p.Length || path[p.Length] == '/'));
    }
}
