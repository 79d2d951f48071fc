using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Listeners;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace ClusterProxy.Gateway.Listening;

/// <summary>
/// The HTTPS port: HTTP/1.1, where upgrades come, and HTTP/2. Client certificates are asked for, never demanded and never judged here.
/// </summary>
internal sealed class SecurePort : IAsyncDisposable
{
    private static readonly TimeSpan HandshakeTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HeadersTimeout = TimeSpan.FromSeconds(30);

    /// <summary>A path of 64 KiB and what belongs to it; longer ones are answered with 414.</summary>
    private const int MaxRequestLine = 96 * 1024;

    /// <summary>A front proxy sends a header line a group, and directories put people into hundreds of groups.</summary>
    private const int MaxHeaders = 4096;
    private const int MaxHeaderBytes = 512 * 1024;

    /// <summary>For the last bytes of ended requests to go out.</summary>
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly WebApplication _app;
    private readonly RunningRequests _requests;

    private SecurePort(WebApplication app, RunningRequests requests)
    {
        _app = app;
        _requests = requests;
    }

    public int Port { get; private init; }

    /// <exception cref="Hosting.StartupException">The port cannot be had.</exception>
    public static async Task<SecurePort> StartAsync(SecurePortOptions options, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var requests = new RunningRequests();
        var app = Build(options, requests, logging);
        try
        {
            await app.StartAsync(cancellationToken);
            var bound = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
            return new SecurePort(app, requests) { Port = BindingAddress.Parse(bound).Port };
        }
        catch (Exception e)
        {
            await app.DisposeAsync();
            if (BindFailure.Explain("secure-port", options.Port, e) is { } explained)
            {
                throw explained;
            }

            throw;
        }
    }

    /// <summary>
    /// Takes no more connections and requests, and waits for those that run; they are cut when the token fires. Connections are cut
    /// as well once no request has run for some seconds: after GOAWAY a client may keep one open and say nothing (RFC 9113,
    /// section 6.8), as Go's does, and Kestrel, which would close it after its last request, looks only when something comes.
    /// </summary>
    public async Task StopAsync(TimeProvider time, CancellationToken cut)
    {
        using var cutting = CancellationTokenSource.CreateLinkedTokenSource(cut);
        var stopped = _app.StopAsync(cutting.Token);
        for (var wasIdle = false; !stopped.IsCompleted && !cut.IsCancellationRequested; wasIdle = _requests.None)
        {
            if (wasIdle && _requests.None)
            {
                await cutting.CancelAsync();
                break;
            }

            await Task.WhenAny(stopped, Task.Delay(LastWords, time, cut));
        }

        await stopped;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    private static WebApplication Build(SecurePortOptions options, RunningRequests requests, ILoggerFactory logging)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.Replace(ServiceDescriptor.Singleton(logging));

        // Signals are the process's affair, and so is how long a stop may take.
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, SilentLifetime>());
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = Timeout.InfiniteTimeSpan);
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => Configure(kestrel, options));
        var app = builder.Build();
        app.Run(requests.Count(ConnectionSpread.Around(options.Serve, options.GoawayChance)));
        return app;
    }

    private static void Configure(KestrelServerOptions kestrel, SecurePortOptions options)
    {
        kestrel.AddServerHeader = false;

        // What a cluster puts into a header passes as it is.
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        var limits = kestrel.Limits;
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.RequestHeadersTimeout = HeadersTimeout;
        limits.MaxRequestLineSize = MaxRequestLine;
        limits.MaxRequestHeaderCount = MaxHeaders;
        limits.MaxRequestHeadersTotalSize = MaxHeaderBytes;
        limits.Http2.MaxStreamsPerConnection = options.MaxStreams;
        limits.Http2.MaxRequestHeaderFieldSize = MaxRequestLine;
        limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(30);
        limits.Http2.KeepAlivePingTimeout = TimeSpan.FromSeconds(20);
        var address = options.Address.Equals(IPAddress.IPv6Any) && !Socket.OSSupportsIPv6 ? IPAddress.Any : options.Address;
        kestrel.Listen(new IPEndPoint(address, options.Port), listener => Configure(listener, options));
    }

    private static void Configure(ListenOptions listener, SecurePortOptions options)
    {
        var ciphers = GoTlsNames.Policy(options.CipherSuites);
        listener.Protocols = HttpProtocols.Http1AndHttp2;
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            HandshakeTimeout = HandshakeTimeout,
            OnConnection = context => ValueTask.FromResult(Answer(context, options, ciphers)),
        });
    }

    private static SslServerAuthenticationOptions Answer(
        TlsHandshakeCallbackContext context, SecurePortOptions options, CipherSuitesPolicy? ciphers) => new()
        {
            ServerCertificateContext = options.Certificate(),
            EnabledSslProtocols = options.Versions,
            CipherSuitesPolicy = ciphers,
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            AllowRenegotiation = false,

            // A ticket carries the leaf without the intermediates that its check may need.
            AllowTlsResume = false,
            ClientCertificateRequired = true,
            RemoteCertificateValidationCallback = (_, certificate, chain, _) => Note(context.Connection, certificate, chain),
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = new X509ChainPolicy
            {
                RevocationMode = X509RevocationMode.NoCheck,
                DisableCertificateDownloads = true,
                TrustMode = X509ChainTrustMode.CustomRootTrust,
            },
        };

    /// <returns>Always true, see the class.</returns>
    private static bool Note(BaseConnectionContext connection, X509Certificate? certificate, X509Chain? chain)
    {
        if (certificate is X509Certificate2 leaf)
        {
            connection.Features.Set(new ShownCertificate(leaf, [.. chain?.ChainPolicy.ExtraStore ?? []]));
        }

        return true;
    }
}
