using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using ClusterProxy.Agent.Servers;
using ClusterProxy.Agent.Sockets;
using ClusterProxy.Agent.Targets;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Memory;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>A whole agent. This is the one place where its parts are joined.</summary>
internal sealed class ProxyAgentHost : IAsyncDisposable
{
    /// <summary>Bytes a second: an agent has few tunnels, and takes less than half of it at rest; twenty dials take more.</summary>
    private const long BusyAllocation = 256 * 1024;

    private readonly AgentOptions _options;
    private readonly ILoggerFactory _logging;
    private readonly ServiceProvider _meters;
    private readonly AgentContext _context;
    private readonly PrometheusText _metrics;
    private readonly CertificateFiles _certificateFiles;
    private readonly LeaseCounting? _leases;
    private readonly ServerPool _servers;
    private readonly IdleCompaction? _compaction;
    private PlainHttpHost? _health;
    private PlainHttpHost? _admin;

    private ProxyAgentHost(AgentOptions options, ILoggerFactory logging, TimeProvider time, Func<string, string?> environment)
    {
        _options = options;
        _logging = logging;
        var logger = logging.CreateLogger("ClusterProxy.Agent");
        var policy = TargetRules.Policy(options);
        var aliases = TargetRules.Aliases(options);
        var proxy = Proxy(environment);

        _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = _meters.GetRequiredService<IMeterFactory>();
        _metrics = new PrometheusText(factory, [AgentMetrics.MeterName, HostingMetrics.MeterName, ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(factory);
        var budget = new ByteBudget(options.BufferBudget);
        _context = new AgentContext(Limits(options, budget), new AgentMetrics(factory), logger, time) { MaxConnections = options.MaxConnections };
        _context.Metrics.Observe(budget);

        var features = TunnelFeatures.Agent & ~options.WithoutFeatures;
        var hosting = new HostingMetrics(factory, "agent");
        hosting.ShowBuild(ProductVersion.Of(typeof(ProxyAgentHost).Assembly), TunnelFeatures.Format(features));
        _certificateFiles = new CertificateFiles(hosting, logger, time, options.CertificateExpiryWarning);
        var certificates = new AgentCertificates(options, _certificateFiles);
        var lookup = new NameLookup();
        var dialer = new TargetDialer(lookup, policy, aliases, options.DialTimeout, time);
        var token = options.ServiceAccountTokenPath.Length > 0
            ? new TokenFile(options.ServiceAccountTokenPath, new ConnectDeadline(options.ConnectTimeout, time))
            : null;
        var connect = new ServerConnectorOptions
        {
            Servers = options.Servers,
            AgentId = options.AgentId,
            AgentIdentifiers = options.AgentIdentifiers,
            Token = token,
            Tls = certificates.Tls(options.AlpnProto, time),
            Proxy = proxy,
            Features = features,
            LanesPerTunnel = options.TunnelsPerServer,
            PingDelay = ServerConnectorOptions.AllowedPingDelay(options.ServerPingInterval),
            StepTimeout = options.ConnectTimeout,
        };
        _leases = LeaseCounting.Create(options, _context.Metrics, logging, time);
        var transport = new ServerTransport(connect, lookup, time);
        _servers = new ServerPool(
            new ServerPoolOptions
            {
                SyncInterval = options.SyncInterval,
                SyncIntervalCap = options.SyncIntervalCap,
                SyncForever = options.SyncForever,
                CountSource = options.ServerCountSource,
                Leases = _leases is null ? null : () => _leases.Count,
            },
            new ServerConnector(connect, transport, time), new LaneConnector(connect, transport, options.MaxMessageSize, time), dialer,
            new TunnelRenewal(certificates.Own, token, time, logger), _context);
        _compaction = IdleCompaction.Start(options.CompactMemoryAfter, BusyAllocation, () => _context.Metrics.PayloadBytes, logger, time);
    }

    /// <summary>The port taken, also when 0 was asked for.</summary>
    public int HealthPort => _health!.Port;

    public int OpenTunnels => _servers.OpenTunnels;

    public long OpenConnections => _context.Metrics.OpenConnections;

    public long PendingDials => _context.Metrics.PendingDials;

    /// <summary>Ends only when the agent can no longer do its work, by a fault.</summary>
    public Task Completion => _servers.Completion;

    /// <param name="options">Checked.</param>
    /// <param name="logging">Not disposed here.</param>
    /// <param name="time">The clock of every deadline and pause.</param>
    /// <param name="environment">Reads a variable, for the proxy; the process's own when null.</param>
    /// <param name="cancellationToken">Ends the start.</param>
    /// <exception cref="StartupException">A flag's value cannot be used.</exception>
    public static async Task<ProxyAgentHost> StartAsync(
        AgentOptions options, ILoggerFactory logging, TimeProvider time, Func<string, string?>? environment = null,
        CancellationToken cancellationToken = default)
    {
        var host = new ProxyAgentHost(options, logging, time, environment ?? Environment.GetEnvironmentVariable);
        try
        {
            await host.ListenAsync(cancellationToken);
        }
        catch
        {
            await host.DisposeAsync();
            throw;
        }

        host._certificateFiles.Start();
        host._leases?.Start(host._servers.LookAgain);
        host._servers.Start();
        var servers = string.Join(", ", options.Servers);
        AgentLog.Started(
            host._context.Logger, options.AgentId, servers, host.HealthPort, host._admin is { } admin ? $"port {admin.Port}" : "no port");
        return host;
    }

    /// <summary>Returns when the agent may end; see <see cref="AgentDrain"/>.</summary>
    public Task DrainAsync(CancellationToken cancellationToken = default) =>
        new AgentDrain(_servers, _options.DrainTimeout, _context).RunAsync(cancellationToken);

    /// <summary>Closes what is open, tunnels first, so that health says what is going on until the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _servers.DisposeAsync();
        await (_leases?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_compaction?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _certificateFiles.DisposeAsync();
        foreach (var http in new[] { _health, _admin })
        {
            if (http is not null)
            {
                await http.DisposeAsync();
            }
        }

        _metrics.Dispose();
        _context.Metrics.Dispose();
        await _meters.DisposeAsync();
    }

    private async Task ListenAsync(CancellationToken cancellationToken)
    {
        _health = await PlainHttpHost.StartAsync(
            new PlainHttpEndpoint
            {
                PortFlag = "health-server-port",
                Port = _options.HealthServerPort,
                AddressFlag = "health-server-host",
                Address = _options.HealthServerHost.ToString(),
            },
            routes =>
            {
                routes.MapHealth(HealthStyle.Agent, AgentReadiness.Checks(_servers), _certificateFiles.Warnings);
                routes.MapMetrics(_metrics);
            },
            _logging, cancellationToken);
        _admin = await PlainHttpHost.TryStartAsync(
            new PlainHttpEndpoint
            {
                PortFlag = "admin-server-port",
                Port = _options.AdminServerPort,
                AddressFlag = "admin-bind-address",
                Address = _options.AdminBindAddress.ToString(),
            },
            routes =>
            {
                routes.MapMetricsRedirect(() => HealthPort);
                if (_options.EnableProfiling)
                {
                    routes.MapDiagnostics();
                }
            },
            _logging, _context.Logger, cancellationToken);
    }

    private static EgressProxy Proxy(Func<string, string?> environment)
    {
        try
        {
            return EgressProxy.FromEnvironment(environment);
        }
        catch (FormatException e)
        {
            throw new StartupException(e.Message, e);
        }
    }

    private static TunnelLimits Limits(AgentOptions options, ByteBudget budget) => TunnelLimits.Default with
    {
        MaxMessageSize = options.MaxMessageSize,
        ConnectionBuffer = options.ConnectionBufferSize,
        StallLimit = options.ConnectionStallLimit,
        Budget = budget,
        OwnerScheduler = PipeScheduler.Inline,
    };
}
