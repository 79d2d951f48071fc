using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// Sends an API group's requests on to the server that serves it, as kube-apiserver's aggregation layer does: with its front-proxy
/// certificate, and the user in X-Remote-* headers, a line a group.
/// </summary>
public sealed class AggregatedApi
{
    private readonly string _group;
    private readonly Uri _server;
    private readonly SslClientAuthenticationOptions _tls;

    /// <param name="group">Such as cluster.core.oam.dev.</param>
    /// <param name="server">Its origin.</param>
    /// <param name="proxy">The front proxy's certificate.</param>
    /// <param name="authority">Of the server's certificate: the APIService's caBundle.</param>
    public AggregatedApi(string group, Uri server, X509Certificate2 proxy, X509Certificate2 authority)
    {
        (_group, _server) = (group, server);
        _tls = new SslClientAuthenticationOptions
        {
            TargetHost = server.Host,
            ClientCertificates = [proxy],
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
                CustomTrustStore = { authority },
            },
        };
    }

    internal bool Serves(string path) => path.StartsWith($"/apis/{_group}/", StringComparison.Ordinal)
        || path.StartsWith($"/openapi/v3/apis/{_group}/", StringComparison.Ordinal);

    internal Task ForwardAsync(HttpContext context, ApiUser user) => AggregatedExchange.RunAsync(
        context,
        _server,
        _tls,
        context.Request.Headers
            .Where(static h => !IsOwn(h.Key))
            .SelectMany(static h => h.Value.Select(v => (h.Key, v ?? "")))
            .Append(("X-Remote-User", user.Name))
            .Concat(user.Groups.Append("system:authenticated").Select(static g => ("X-Remote-Group", g)))
            .Concat(user.Extra.SelectMany(static e => e.Value.Select(v => ($"X-Remote-Extra-{Uri.EscapeDataString(e.Key)}", v)))));

    /// <summary>What kube-apiserver takes out, and what belongs to one connection.</summary>
    private static bool IsOwn(string name) =>
        name.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)
        || name.ToUpperInvariant() is "AUTHORIZATION" or "HOST" or "CONNECTION" or "UPGRADE" or "TRANSFER-ENCODING" or "KEEP-ALIVE" or "CONTENT-LENGTH";
}
