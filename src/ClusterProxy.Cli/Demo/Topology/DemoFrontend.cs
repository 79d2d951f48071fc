using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Client;

namespace ClusterProxy.Cli.Demo.Topology;

/// <summary>A hub program as users write it: the SDK, and an HttpClient that goes through it.</summary>
internal sealed class DemoFrontend : IAsyncDisposable
{
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(1);

    public DemoFrontend(FrontendKind kind, DemoServer server, DemoCertificates certificates, TimeProvider time)
    {
        var unix = kind is FrontendKind.ConnectOverUnixSocket or FrontendKind.GrpcOverUnixSocket;
        var options = new TunnelClientOptions
        {
            Address = new Uri(unix ? $"unix://{server.SocketPath}" : $"https://127.0.0.1:{server.FrontendPort}"),
            Transport = kind is FrontendKind.ConnectOverTls or FrontendKind.ConnectOverUnixSocket
                ? TunnelTransport.HttpConnect
                : TunnelTransport.Grpc,
            CloseTimeout = CloseTimeout,
            TimeProvider = time,
        };
        if (!unix)
        {
            var identity = certificates.FrontendClientIdentity.ToKeyPair();
            options.ClientCertificateProvider = () => identity.Context;
            options.ServerAuthorities.Add(certificates.FrontendAuthority);
        }

        Tunnel = new TunnelClient(options);
        Http = new HttpClient(new TunnelHttpHandler(Tunnel, handler => handler.SslOptions = TrustOnly(certificates.ApiAuthority)))
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    public TunnelClient Tunnel { get; }

    public HttpClient Http { get; }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Tunnel.DisposeAsync();
    }

    private static SslClientAuthenticationOptions TrustOnly(X509Certificate2 authority) => new()
    {
        CertificateChainPolicy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            CustomTrustStore = { authority },
            RevocationMode = X509RevocationMode.NoCheck,
            DisableCertificateDownloads = true,
        },
    };
}
