using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Kubernetes.Transport;

/// <summary>
/// The base of all URLs. <see cref="SocketsHttpHandler"/> takes the TLS server name from the URL alone, so with a tls-server-name the
/// URL carries that name and the connection is dialled by hand. Through a proxy that cannot be: the URL is what the proxy dials; the
/// certificate is still checked against the tls-server-name, but the name in the handshake is the URL's.
/// </summary>
internal static class ServerAddress
{
    public static bool OverridesName(KubeConfigCluster cluster) =>
        cluster is { TlsServerName.Length: > 0, ProxyUrl: null, Server.Scheme: "https" };

    /// <summary>Without a slash at the end; a path of the server's URL stays in front of every request's.</summary>
    public static string BaseUrl(KubeConfigCluster cluster)
    {
        var path = cluster.Server.AbsolutePath.TrimEnd('/');
        return OverridesName(cluster)
            ? $"https://{cluster.TlsServerName}:{cluster.Server.Port}{path}"
            : $"{cluster.Server.Scheme}://{cluster.Server.Authority}{path}";
    }
}
