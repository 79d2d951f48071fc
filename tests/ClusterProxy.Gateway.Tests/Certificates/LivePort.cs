using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Gateway.Listening;
using ClusterProxy.Hosting.Certificates;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Gateway.Tests.Certificates;

/// <summary>The gateway's port with a certificate under test, and clients that check it at the test's own time.</summary>
internal sealed class LivePort(SecurePort port, ManualTime time) : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();

    public static async Task<LivePort> StartAsync(IServingCertificate certificate, ManualTime time)
    {
        var port = await SecurePort.StartAsync(
            new SecurePortOptions
            {
                Address = IPAddress.Loopback,
                Port = 0,
                Certificate = () => certificate.KeyPair.Context,
                Versions = SslProtocols.Tls12 | SslProtocols.Tls13,
                CipherSuites = [],
                MaxStreams = 100,
                Serve = EchoAsync,
            },
            NullLoggerFactory.Instance,
            CancellationToken.None);
        return new LivePort(port, time);
    }

    /// <summary>A handshake as kube-apiserver makes it: for the Service's name, against the bundle alone.</summary>
    /// <returns>The issuer of the certificate shown.</returns>
    public async Task<string> HandshakeAsync(string name, string bundle)
    {
        await using var stream = await ConnectAsync(name, bundle);
        return stream.RemoteCertificate!.Issuer;
    }

    /// <summary>A request that goes on: each line sent comes back, as events of a watch come.</summary>
    public async Task<(StreamWriter Send, StreamReader Receive)> WatchAsync(string name, string bundle)
    {
        var stream = await ConnectAsync(name, bundle);
        var send = new StreamWriter(stream) { AutoFlush = true, NewLine = "\r\n" };
        var receive = new StreamReader(stream);
        await send.WriteAsync($"GET /watch HTTP/1.1\r\nHost: {name}\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n");
        while (await receive.ReadLineAsync().DefaultTimeout() is { Length: > 0 })
        {
        }

        return (send, receive);
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await port.DisposeAsync();
        _end.Dispose();
    }

    private static async Task EchoAsync(HttpContext context)
    {
        await using var stream = await context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpUpgradeFeature>()!.UpgradeAsync();
        await stream.CopyToAsync(stream, context.RequestAborted);
    }

    private async Task<SslStream> ConnectAsync(string name, string bundle)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port.Port);
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
            VerificationTime = time.GetUtcNow().UtcDateTime,
            VerificationTimeIgnored = false,
        };
        policy.CustomTrustStore.AddRange(CaBundle.Parse(bundle, "bundle").Certificates.ToArray());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = name,
            CertificateChainPolicy = policy,
            ApplicationProtocols = [SslApplicationProtocol.Http11],
        }).DefaultTimeout();
        return stream;
    }
}
