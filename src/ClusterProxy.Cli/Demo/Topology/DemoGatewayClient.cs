using System.Net.Security;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Certificates;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A user of the gateway with a client certificate, as kubectl would be.</summary>
internal sealed class DemoGatewayClient : IDisposable
{
    private readonly int _port;
    private readonly SocketsHttpHandler _handler;

    public DemoGatewayClient(int port, IReadOnlyList<X509Certificate2> authorities, IssuedCertificate identity)
    {
        _port = port;
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        };
        policy.CustomTrustStore.AddRange(authorities.ToArray());
        _handler = new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = policy,
                ClientCertificateContext = identity.ToKeyPair().Context,
            },
        };
        Http = new HttpClient(_handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    public HttpClient Http { get; }

    public Uri Url(string cluster, string pathAndQuery) => Url("https", cluster, pathAndQuery);

    /// <summary>A WebSocket as kubectl opens one to exec.</summary>
    public async Task<ClientWebSocket> OpenAsync(string cluster, string pathAndQuery, string protocol, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.AddSubProtocol(protocol);
            await socket.ConnectAsync(Url("wss", cluster, pathAndQuery), Http, cancellationToken);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        Http.Dispose();
        _handler.Dispose();
    }

    private Uri Url(string scheme, string cluster, string pathAndQuery) =>
        new($"{scheme}://127.0.0.1:{_port}/apis/cluster.core.oam.dev/v1alpha1/clustergateways/{cluster}/proxy{pathAndQuery}");
}
