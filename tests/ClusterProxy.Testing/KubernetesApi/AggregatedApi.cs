using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// Sends an API group's requests on to the server that serves it, as kube-apiserver's aggregation layer does: with its front-proxy
/// certificate, and the user in X-Remote-* headers, a line a group.
/// </summary>
public sealed class AggregatedApi : IDisposable
{
    private static readonly string[] NotForwarded = ["AUTHORIZATION", "HOST", "CONNECTION", "UPGRADE", "TRANSFER-ENCODING", "KEEP-ALIVE", "CONTENT-LENGTH"];

    private readonly string _group;
    private readonly Uri _server;
    private readonly SslClientAuthenticationOptions _tls;
    private readonly HttpMessageInvoker _streams;

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
        _streams = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = _tls,
            ActivityHeadersPropagator = null,
            ConnectCallback = async (context, cancellationToken) =>
            {
                Connections.Increment();
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        });
    }

    /// <summary>Opened so far for requests that share one.</summary>
    public ObservedCount Connections { get; } = new();

    public void Dispose() => _streams.Dispose();

    internal bool Serves(string path) => path.StartsWith($"/apis/{_group}/", StringComparison.Ordinal)
        || path.StartsWith($"/openapi/v3/apis/{_group}/", StringComparison.Ordinal);

    /// <summary>As kube-apiserver: over one connection by HTTP/2, unless the protocol is to change.</summary>
    internal Task ForwardAsync(HttpContext context, ApiUser user)
    {
        var headers = context.Request.Headers
            .Where(static h => !IsOwn(h.Key))
            .SelectMany(static h => h.Value.Select(v => (h.Key, v ?? "")))
            .Append(("X-Remote-User", user.Name))
            .Concat(user.Groups.Append("system:authenticated").Select(static g => ("X-Remote-Group", g)))
            .Concat(user.Extra.SelectMany(static e => e.Value.Select(v => ($"X-Remote-Extra-{Uri.EscapeDataString(e.Key)}", v))))
            .ToList();

        // HttpClient would join the lines of a header into one, which is another group.
        var isPlain = headers.DistinctBy(static h => h.Item1, StringComparer.OrdinalIgnoreCase).Count() == headers.Count
            && context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest != true;
        return isPlain ? AggregatedStream.RunAsync(context, _server, _streams, headers) : AggregatedExchange.RunAsync(context, _server, _tls, headers);
    }

    /// <summary>What kube-apiserver takes out, and what belongs to one connection.</summary>
    private static bool IsOwn(string name) =>
        name.StartsWith("X-Remote-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith("Impersonate-", StringComparison.OrdinalIgnoreCase)
        || name.StartsWith(':')
        || NotForwarded.Contains(name.ToUpperInvariant());
}
