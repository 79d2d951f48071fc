using System.Diagnostics.Metrics;
using ClusterProxy.Gateway.Certificates;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Listening;
using ClusterProxy.Gateway.Status;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Kubernetes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Gateway;

/// <summary>A whole gateway in this process: everything is put together here and nowhere else.</summary>
internal sealed class GatewayHost : IAsyncDisposable
{
    private static readonly TimeSpan CertificateNotice = TimeSpan.FromDays(14);

    private readonly GatewayOptions _options;
    private readonly ILogger _logger;
    private readonly TimeProvider _time;
    private readonly ServiceProvider _meters;
    private readonly PrometheusText _exposition;
    private readonly KubernetesClient? _hub;
    private readonly CertificateFiles _files;
    private readonly List<IAsyncDisposable> _started = [];
    private SecurePort _port = null!;

    private GatewayHost(GatewayOptions options, ILoggerFactory logging, TimeProvider time)
    {
        _options = options;
        _logger = logging.CreateLogger("ClusterProxy.Gateway");
        _time = time;
        _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = _meters.GetRequiredService<IMeterFactory>();
        _exposition = new PrometheusText(factory, [GatewayMetrics.MeterName, HostingMetrics.MeterName, ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(factory);
        Metrics = new GatewayMetrics(factory);
        _files = new CertificateFiles(new HostingMetrics(factory, "gateway"), _logger, time, CertificateNotice);
        _hub = Hub.Create(options, logging, time);
        Clusters = new ClusterCatalog((ulong)time.GetUtcNow().ToUnixTimeMilliseconds() * 1000, Metrics, _logger);
        Metrics.Catalog.Observe(Clusters);
        Forwarder = new ClusterForwarder(options);
    }

    public int SecurePort => _port.Port;

    public int HealthPort { get; private set; }

    public ClusterCatalog Clusters { get; }

    public ClusterForwarder Forwarder { get; }

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

    public async Task ShutdownAsync()
    {
        await _port.StopAsync(new CancellationToken(canceled: true));
        _logger.ShutdownFinished();
    }

    public async ValueTask DisposeAsync()
    {
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _started.Clear();
        await Clusters.DisposeAsync();
        _hub?.Dispose();
        await _files.DisposeAsync();
        _exposition.Dispose();
        await _meters.DisposeAsync();
    }

    private async Task OpenAsync(ILoggerFactory logging, CancellationToken cancellationToken)
    {
        var serving = await ServingCertificates.StartAsync(_options, _files, _hub, _logger, _time, cancellationToken);
        _started.Add(serving);
        _port = await Listening.SecurePort.StartAsync(
            new SecurePortOptions
            {
                Address = _options.BindAddress,
                Port = _options.SecurePort,
                Certificate = () => serving.KeyPair.Context,
                Versions = _options.TlsProtocols,
                CipherSuites = _options.CipherSuites,
                MaxStreams = _options.Http2MaxStreamsPerConnection,
                Serve = ServeAsync,
            },
            logging, cancellationToken);
        _started.Add(_port);
        _files.Start();

        // Last, so that whoever waits for /healthz finds the other port open.
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
                routes.MapHealth(HealthStyle.Agent, [new HealthCheck("clusters", () => Clusters.IsSynced ? null : "not listed yet")], _files.Warnings);
                routes.MapMetrics(_exposition);
            },
            logging, cancellationToken);
        _started.Add(health);
        HealthPort = health.Port;
        _logger.GatewayStarted(_options.Group, SecurePort, HealthPort);
    }

    private static Task ServeAsync(HttpContext context) => StatusAnswer.NoSuchPath().WriteAsync(context);
}
