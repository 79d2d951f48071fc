using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Listening;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Kubernetes.Configuration;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway.Tests.Kit;

/// <summary>
/// The secure port and the forwarder, without authentication: <c>/NAME/path</c> goes to cluster NAME as <see cref="Identity"/>.
/// On dispose no request may be left.
/// </summary>
internal sealed class ForwarderFixture : IAsyncDisposable
{
    public const string Token = "the-gateways-token";

    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddLogging().AddHttpForwarder().BuildServiceProvider();
    private readonly LiveForwards _live = new();
    private readonly ClusterCatalog _catalog;
    private readonly ClusterForwarder _forwarder;
    private readonly SslStreamCertificateContext _serving;
    private SecurePort _port = null!;

    private ForwarderFixture(GatewayOptions options, TunnelClient? tunnel)
    {
        var logger = Log.CreateFactory().CreateLogger("gateway");
        var metrics = new GatewayMetrics(_services.GetRequiredService<IMeterFactory>());
        _catalog = new ClusterCatalog(1, metrics, logger);
        _catalog.Add(Clusters);
        var dialer = new ClusterDialer(tunnel, new ClusterAddresses(options.AllowClusterNetworks));
        Transports = new ClusterTransports(
            _catalog, cluster => new ClusterTransport(cluster, dialer, options, TimeProvider.System, metrics, logger), TimeProvider.System);
        metrics.Forwarding.Observe(_live, Transports);
        _forwarder = new ClusterForwarder(
            options, Transports, _services.GetRequiredService<IHttpForwarder>(), new ViaHop(), _live, metrics, TimeProvider.System, logger);
        _serving = SslStreamCertificateContext.Create(Certificates.Server().Certificate, null, offline: true);
    }

    public FailOnErrorLog Log { get; } = new();

    /// <summary>The authority of the gateway and of clusters.</summary>
    public TestCertificates Certificates { get; } = new("gateway");

    public TestClusters Clusters { get; } = new();

    public ClusterTransports Transports { get; }

    public ForwardedIdentity Identity { get; set; } = ForwardedIdentity.AsGateway;

    public int Port => _port.Port;

    public LiveForwards Live => _live;

    public static async Task<ForwarderFixture> StartAsync(Func<GatewayOptions, GatewayOptions>? configure = null, TunnelClient? tunnel = null)
    {
        var options = new GatewayOptions { AllowClusterNetworks = TestClusters.Networks };
        var fixture = new ForwarderFixture(configure?.Invoke(options) ?? options, tunnel);
        fixture._port = await SecurePort.StartAsync(
            new SecurePortOptions
            {
                Address = IPAddress.Loopback,
                Port = 0,
                Certificate = () => fixture._serving,
                Versions = options.TlsProtocols,
                CipherSuites = [],
                MaxStreams = options.Http2MaxStreamsPerConnection,
                Serve = fixture.ServeAsync,
            },
            fixture.Log.CreateFactory(), CancellationToken.None).DefaultTimeout();
        return fixture;
    }

    /// <summary>A Const cluster on loopback whose certificate the fixture's authority signed.</summary>
    public Cluster AddCluster(string name, int port, Func<ClusterEndpoint, ClusterEndpoint>? configure = null, string token = Token)
    {
        var endpoint = new ClusterEndpoint
        {
            Kind = EndpointKind.Const,
            Address = new Uri($"https://127.0.0.1:{port}"),
            CaBundle = PemSource.FromFile(Certificates.AuthorityFile),
        };
        return Clusters.Put(new Cluster
        {
            Name = name,
            Endpoint = configure?.Invoke(endpoint) ?? endpoint,
            Credential = new ClusterCredential(
                CredentialType.ServiceAccountToken, new KubeConfigUser { Token = token }, null, token),
            Origin = ClusterOrigin.File,
        });
    }

    /// <summary>A client that trusts the gateway, and speaks HTTP/1.1 unless a request says otherwise.</summary>
    public HttpClient Client(Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = static (_, _, _, _) => true },
        };
        configure?.Invoke(handler);
        return new HttpClient(handler) { BaseAddress = new Uri($"https://127.0.0.1:{Port}"), Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>A TLS connection on which the test says every byte.</summary>
    public async Task<SslStream> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, Port).DefaultTimeout();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            ApplicationProtocols = [SslApplicationProtocol.Http11],
            RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        }).DefaultTimeout();
        return tls;
    }

    /// <summary>Sends bytes on a connection of their own, and gives all that comes back until it is closed.</summary>
    public async Task<string> ExchangeAsync(string request)
    {
        await using var tls = await ConnectAsync();
        await tls.WriteAsync(Encoding.Latin1.GetBytes(request)).DefaultTimeout();
        using var reader = new StreamReader(tls, Encoding.Latin1);
        return await reader.ReadToEndAsync().DefaultTimeout();
    }

    public Task WaitForIdleAsync() => Eventually.ObserveAsync(() => Task.FromResult(_live.Total == 0));

    public async ValueTask DisposeAsync()
    {
        await WaitForIdleAsync();
        await _port.DisposeAsync().DefaultTimeout();
        await Transports.DisposeAsync().DefaultTimeout();
        await _catalog.DisposeAsync();
        _live.Dispose();
        await _services.DisposeAsync();
        Certificates.Dispose();
        Log.Verify();
    }

    private Task ServeAsync(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        var end = target.AsSpan(1).IndexOfAny('/', '?') is >= 0 and var at ? at + 1 : target.Length;
        return _catalog.Find(target[1..end]) is { } cluster
            ? _forwarder.ForwardAsync(context, cluster, Identity, target[end..])
            : StatusAnswer.NoSuchPath().WriteAsync(context);
    }
}
