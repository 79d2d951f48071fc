using System.Diagnostics.Metrics;
using ClusterProxy.Client;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Listening;
using ClusterProxy.Gateway.Tracing;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Yarp.ReverseProxy.Forwarder;

namespace ClusterProxy.Gateway;

/// <summary>A whole gateway in this process: everything is put together here and nowhere else.</summary>
internal sealed partial class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan CertificateNotice = TimeSpan.FromDays(14);

    private readonly GatewayOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ServiceProvider _services;
    private readonly PrometheusText _exposition;
    private readonly KubernetesClient? _hub;
    private readonly CertificateFiles _files;
    private readonly TunnelClient? _tunnel;
    private readonly GatewayTracing _tracing;
    private readonly ClusterTransports _transports;
    private readonly ViaHop _via = new();
    private readonly List<IAsyncDisposable> _started = [];
    private SecurePort _port = null!;
    private FileReloader _rules = null!;
    private ClusterDirectory? _directory;
    private ExtensionAuthenticationWatch? _published;
    private Task? _shutdown;
    private volatile bool _isDraining;
    private volatile Func<string?> _unopened = static () => "not open yet";

    private GatewayHost(GatewayOptions options, ILoggerFactory logging, TimeProvider time)
    {
        _options = options;
        _time = time;
        _logger = logging.CreateLogger("ClusterProxy.Gateway");
        _services = new ServiceCollection().AddMetrics().AddHttpForwarder()

            // YARP tells in its own words what this program says with the cluster's name.
            .AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance).AddLogging().BuildServiceProvider();
        var factory = _services.GetRequiredService<IMeterFactory>();
        _exposition = new PrometheusText(factory, [GatewayMetrics.MeterName, HostingMetrics.MeterName, ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(factory);
        Metrics = new GatewayMetrics(factory, options.MetricsPerCluster);
        var hosting = new HostingMetrics(factory, "gateway");
        hosting.ShowBuild(ProductVersion.Of(typeof(GatewayHost).Assembly), features: "");
        _files = new CertificateFiles(hosting, _logger, time, CertificateNotice);
        _hub = Hub.Create(options, logging, time);
        Clusters = new ClusterCatalog((ulong)time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, Metrics, _logger);
        Metrics.Catalog.Observe(Clusters);
        _tracing = new GatewayTracing(TraceOptions.Of(options));
        _tunnel = Tunnel.Create(options, factory, logging, time);
        var dialer = new ClusterDialer(_tunnel, new ClusterAddresses(options.AllowClusterNetworks), _tracing);
        _transports = new ClusterTransports(
            Clusters, cluster => new ClusterTransport(cluster, dialer, options, time, Metrics, _logger), time);
        Metrics.Forwarding.Observe(Live, _transports);
        Forwarder = new ClusterForwarder(
            options, _transports, _services.GetRequiredService<IHttpForwarder>(), _via, Live, Metrics, time, _logger);
    }

    public int SecurePort => _port.Port;

    public int HealthPort { get; private set; }

    public ClusterCatalog Clusters { get; }

    public ClusterForwarder Forwarder { get; }

    public LiveForwards Live { get; } = new();

    public GatewayMetrics Metrics { get; }

    /// <summary>Opens all ports; 0 takes any free one.</summary>
    /// <exception cref="StartupException">A file or port cannot be had; its message is for the operator.</exception>
    public static async Task<GatewayHost> StartAsync(
        GatewayOptions options, ILoggerFactory logging, TimeProvider time, CancellationToken cancellationToken)
    {
        var host = new GatewayHost(options, logging, time);
        try
        {
            await host.OpenAsync(logging, cancellationToken);
            return host;
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// Not ready, and all is served for <c>--shutdown-delay</c> as before. Then nothing new is taken, and watches end: their clients
    /// come back elsewhere. Everything else may go on for the rest of <c>--graceful-shutdown-timeout</c>, after which it is cut.
    /// </summary>
    public Task ShutdownAsync() => _shutdown ??= CloseAsync();

    public async ValueTask DisposeAsync()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _started.Clear();
        await _transports.DisposeAsync();
        await Clusters.DisposeAsync();
        if (_tunnel is not null)
        {
            await _tunnel.DisposeAsync();
        }

        _hub?.Dispose();
        await _files.DisposeAsync();
        _exposition.Dispose();
        Live.Dispose();
        _tracing.Dispose();
        await _services.DisposeAsync();
    }

    private async Task OpenAsync(ILoggerFactory logging, CancellationToken cancellationToken)
    {
        // Early where the certificate may still have to be made by somebody: then that port is the one that can say so.
        var isWaiting = _options.Certificates.CertSecret.Length > 0;
        if (isWaiting)
        {
            await OpenHealthAsync(logging, cancellationToken);
        }

        var serving = await ServingCertificates.StartAsync(_options, _files, _hub, why => _unopened = why, _logger, _time, cancellationToken);
        _started.Add(serving);
        AddSources();
        var api = CreateApi(Readiness(), _logger, _time);
        _port = await Listening.SecurePort.StartAsync(
            new SecurePortOptions
            {
                Address = _options.BindAddress,
                Port = _options.SecurePort,
                Certificate = () => serving.KeyPair.Context,
                Versions = _options.TlsProtocols,
                CipherSuites = _options.CipherSuites,
                MaxStreams = _options.Http2MaxStreamsPerConnection,
                GoawayChance = _options.GoawayChance,
                Serve = _tracing.Around(api.ServeAsync),
            },
            logging, cancellationToken);
        _started.Add(_port);
        _files.Start();
        _unopened = static () => null;
        if (!isWaiting)
        {
            // Last, so that whoever waits for /healthz finds the other port open.
            await OpenHealthAsync(logging, cancellationToken);
        }

        if (_options.IsAuditUnheeded)
        {
            _logger.AuditUnheeded();
        }

        _logger.GatewayStarted(_options.Group, SecurePort, HealthPort);
    }

    private async Task OpenHealthAsync(ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var health = await PlainHttpHost.StartAsync(
            new PlainHttpEndpoint
            {
                PortFlag = "health-port",
                Port = _options.HealthPort,
                AddressFlag = "health-bind-address",
                Address = _options.HealthBindAddress.ToString(),
            },
            routes =>
            {
                routes.MapHealth(HealthStyle.Agent, Readiness(), () => [.. _files.Warnings(), .. _rules.Warnings(), .. _directory?.Warnings() ?? []]);
                routes.MapMetrics(_exposition);
            },
            logging, cancellationToken);
        _started.Add(health);
        HealthPort = health.Port;
    }

    private HealthCheck[] Readiness() =>
    [
        new("secure-port", () => _unopened()),
        new("clusters", () => Clusters.Missing),
        new("authentication", () => _options.AuthenticationTolerateLookupFailure || _options.RequestHeaderClientCaFile.Length > 0
            ? null
            : _published?.Problem),
        new("shutdown", () => _isDraining ? "shutting down" : null),
    ];

    private void AddSources()
    {
        var projection = new ClusterProjection(_options);
        if (_options.ClustersDirectory.Length > 0)
        {
            _directory = new ClusterDirectory(_options.ClustersDirectory, projection, _time, _logger);
            Clusters.Add(_directory);
        }

        if (_hub is not null)
        {
            Clusters.Add(new HubClusters(_hub, projection, _options));
        }
    }
}
