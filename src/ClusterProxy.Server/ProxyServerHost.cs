using System.Diagnostics.Metrics;
using System.IO.Pipelines;
using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Audit;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Hosting.Endpoints;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Hosting.Memory;
using ClusterProxy.Hosting.Metrics;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Kubernetes;
using ClusterProxy.Kubernetes.Reviews;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Server.Audit;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Leases;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Server;

/// <summary>A whole proxy server in this process: everything is put together here and nowhere else.</summary>
internal sealed partial class ProxyServerHost : IAsyncDisposable
{
    /// <summary>Bytes a second: 2,000 idle tunnels take less, for pings and probes; eighty dials take more.</summary>
    private const long BusyAllocation = 1024 * 1024;

    private readonly ServerOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly CappedLogger _refusals;
    private readonly KubernetesClient? _api;
    private readonly ServiceProvider _meters;
    private readonly PrometheusText _exposition;
    private readonly AuditLog? _audit;
    private readonly LeasedFleet? _leasedFleet;
    private readonly ServerAnnouncer? _announcer;
    private readonly AgentService _agentService;
    private readonly LaneService _laneService;
    private readonly TokenConnections? _tokenConnections;
    private readonly HandshakeAdmission _handshakes;
    private readonly ServerReadiness _readiness;
    private readonly CertificateFiles _certificateFiles;
    private readonly List<IAsyncDisposable> _started = [];
    private FileReloader? _policyReloader;
    private Plane _agentPlane = null!;
    private Plane _frontendPlane = null!;
    private Task? _shutdown;

    private ProxyServerHost(ServerOptions options, ILoggerFactory logging, TimeProvider time)
    {
        _options = options;
        _time = time;
        _logger = logging.CreateLogger("ClusterProxy.Server");
        _refusals = new CappedLogger(_logger, time);
        _api = ApiServer.Create(options, logging, time);
        _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var factory = _meters.GetRequiredService<IMeterFactory>();
        _exposition = new PrometheusText(factory, [ServerMetrics.MeterName, HostingMetrics.MeterName, ProcessMetrics.MeterName]);
        _ = new ProcessMetrics(factory);
        HostingMetrics = new HostingMetrics(factory, "server");
        Metrics = new ServerMetrics(factory);
        HostingMetrics.ShowBuild(
            ProductVersion.Of(typeof(ProxyServerHost).Assembly), TunnelFeatures.Format(TunnelFeatures.Agent & ~options.WithoutFeatures));
        _certificateFiles = new CertificateFiles(HostingMetrics, _logger, time, options.CertificateExpiryWarning);

        var budget = new ByteBudget(options.BufferBudget);
        Limits = TunnelLimits.Default with
        {
            MaxMessageSize = options.MaxMessageSize,
            ConnectionBuffer = options.ConnectionBufferSize,
            StallLimit = options.ConnectionStallLimit,
            Budget = budget,
            OwnerScheduler = PipeScheduler.Inline,
        };
        var owned = options.HasPeers ? new OwnedTunnels() : null;
        Agents = new AgentRegistry(options.ProxyStrategies, owned);
        Frontends = new LiveFrontends();
        Metrics.Observe(Agents, Frontends, budget);
        Metrics.ShowAgentIdentity(options.BindsAgentIdentity ? "certificate" : options.BindsAgentToken ? "token" : "claimed");
        _audit = options.Audit.IsOn ? new AuditLog(options.ServerId, Metrics.Audit, _logger, time) : null;
        var dials = new DialLimits(options.BackendDialTimeout, options.MaxPendingDials, budget);
        Router = new DialRouter(Agents, dials, time, _logger);
        _leasedFleet = _api is not null && options.HasLeasedFleet ? new LeasedFleet(_api, options, time) : null;
        var sources = new ServerSources(options, _leasedFleet, Metrics.Fleet, _logger, time);
        Fleet = owned is null ? null : new PeerFleet(
            options, sources.OfPeers(), Agents, owned, Router, dials, new PeerContext(options.ServerId, Limits, time, Metrics, _logger) { Refusals = _refusals });
        var agents = new AgentContext(Limits, time, Metrics, _logger)
        {
            Features = TunnelFeatures.Agent & ~options.WithoutFeatures,
            Refusals = _refusals,
        };
        var identities = new AgentIdentityCheck(options.BindsAgentIdentity);
        _handshakes = new HandshakeAdmission(options.AgentHandshakeRate, time, Metrics, _logger);

        // As many new tokens as new connections: agents that come back are not kept waiting, and whoever invents tokens gets no further.
        var tokens = _api is not null && options.UsesTokenAuthentication
            ? new AgentTokenCheck(
                new TokenReviewer(
                    _api, [options.AuthenticationAudience], new ReviewOptions { StrangersPerSecond = _handshakes.PerSecond }),
                new AgentAccounts(options.AgentNamespace, options.AgentServiceAccount, options.AgentTokenCluster))
            : null;
        var self = new ServerIdentity(options.ServerId, options.ServerCount);
        _announcer = sources.OfAgents() is { } servers ? new ServerAnnouncer(servers, options.FanOut, self, _logger) : null;
        _agentService = new AgentService(
            Agents, self, new AgentAdmission(identities, tokens, options.AgentTokenIdentifiers, Metrics, _audit, _refusals),
            tokens, _announcer, agents);
        _tokenConnections = tokens is null ? null : new TokenConnections(options.AgentMaxConnections, time, Metrics, _audit, _refusals);
        _laneService = new LaneService(Agents, identities, _audit, agents);
        _readiness = new ServerReadiness(Agents, Fleet?.Peers, Fleet?.Returning);
    }

    public int AgentPort => _agentPlane.Port;

    /// <summary>0 when frontends are served on a Unix socket only.</summary>
    public int FrontendPort => _frontendPlane.Port;

    public int HealthPort { get; private set; }

    /// <summary>0 when the port was not to be had.</summary>
    public int AdminPort { get; private set; }

    /// <summary>The agents that are connected, and through them every dial and connection.</summary>
    public AgentRegistry Agents { get; }

    public LiveFrontends Frontends { get; }

    public DialRouter Router { get; }

    /// <summary>Null when this server forwards to no others.</summary>
    public PeerFleet? Fleet { get; }

    public ServerMetrics Metrics { get; }

    private HostingMetrics HostingMetrics { get; }

    private TunnelLimits Limits { get; }

    /// <summary>Opens all ports; 0 takes any free one.</summary>
    /// <exception cref="StartupException">A file or port cannot be had; its message is for the operator.</exception>
    public static async Task<ProxyServerHost> StartAsync(
        ServerOptions options, ILoggerFactory logging, TimeProvider time, CancellationToken cancellationToken)
    {
        var host = new ProxyServerHost(options, logging, time);
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

    /// <summary>What <c>/metrics</c> shows.</summary>
    public string RenderMetrics() => _exposition.Render();

    /// <summary>
    /// Not ready, and our own agents are asked to look for another server; frontends are served for <c>--shutdown-delay</c> as before
    /// and are then told to leave. Dials that have come are still made, and connections run on for up to
    /// <c>--graceful-shutdown-timeout</c>; then they are closed, with a reason. Upstream's agents learn of it last, by a stream that
    /// ends with OK.
    /// </summary>
    public Task ShutdownAsync() => _shutdown ??= CloseAsync();

    public async ValueTask DisposeAsync()
    {
        Router.Shutdown();
        for (var i = _started.Count - 1; i >= 0; i--)
        {
            await _started[i].DisposeAsync();
        }

        _started.Clear();
        _api?.Dispose();
        await _certificateFiles.DisposeAsync();
        _exposition.Dispose();
        await _meters.DisposeAsync();
    }

    private async Task OpenAsync(ILoggerFactory logging, CancellationToken cancellationToken)
    {
        if (_audit is not null)
        {
            // Before whoever has something to say to it, and so disposed after them.
            _audit.Start(AuditOutput.Open(_options.Audit));
            _started.Add(_audit);
        }

        var certificates = new ServerCertificates(_options, _certificateFiles);
        var leases = _api is not null && _options.EnableLeaseController
            ? new ServerLeases(_api, _options, Metrics.Leases, _time, _logger)
            : null;
        if (leases is not null)
        {
            // First, and so disposed last: agents count this server while it serves any of them.
            _started.Add(leases);
        }

        if (_leasedFleet is not null)
        {
            Metrics.Fleet.ObserveOwnLease(() => _leasedFleet.OwnLeaseAge);
            _started.Add(_leasedFleet);
        }

        if (_announcer is not null)
        {
            Metrics.Fleet.Observe(() => _announcer.Count);
            _announcer.Start();
            _started.Add(_announcer);
        }

        _agentPlane = await Plane.StartAsync(
            AgentPlane.Create(
                _options, _agentService, _laneService, _tokenConnections, _handshakes, certificates, HostingMetrics,
                new RefusedRequests(Metrics, _refusals), _audit, _time, _refusals),
            Metrics, _refusals, logging, cancellationToken);
        _started.Add(_agentPlane);
        var context = new FrontendContext(Router, Frontends, new ConnectionIds(), Limits, _time, Metrics, _logger, FollowPolicy(), _audit)
        {
            Without = _options.WithoutFeatures,
            Refusals = _refusals,
        };
        if (Fleet is not null)
        {
            await Fleet.OpenAsync(certificates, context, HostingMetrics, logging, cancellationToken);
            _started.Add(Fleet);
            context = context with { Router = Fleet.Router };
        }

        if (Fleet is null && _options.FanOut > 0)
        {
            _logger.PeersMissing(_options.FanOut);
        }

        _frontendPlane = await Plane.StartAsync(
            FrontendPlane.Create(_options, context, certificates, HostingMetrics, _logger), Metrics, _refusals, logging, cancellationToken);
        _started.Add(_frontendPlane);
        _started.Add(new DepartedClients(Frontends, _time));
        _started.Add(new TunnelWatch(Agents, Fleet?.Peers, _time));
        if (IdleCompaction.Start(_options.CompactMemoryAfter, BusyAllocation, () => Metrics.PayloadBytes, _logger, _time) is { } compaction)
        {
            _started.Add(compaction);
        }

        _certificateFiles.Start();

        // Not before the ports are open: who counts this server may connect at once.
        leases?.Start();
        _leasedFleet?.Start();

        var admin = await PlainHttpHost.TryStartAsync(
            new PlainHttpEndpoint
            {
                PortFlag = "admin-port",
                Port = _options.AdminPort,
                AddressFlag = "admin-bind-address",
                Address = _options.AdminBindAddress.ToString(),
            },
            routes =>
            {
                routes.MapMetrics(_exposition);
                if (_options.EnableProfiling)
                {
                    routes.MapDiagnostics();
                }
            },
            logging, _logger, cancellationToken);
        if (admin is not null)
        {
            _started.Add(admin);
            AdminPort = admin.Port;
        }

        // Last, so that whoever waits for /healthz finds the other ports open.
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
                routes.MapHealth(HealthStyle.Server, [_readiness.Check], Warnings);
                routes.MapMetrics(_exposition);
            },
            logging, cancellationToken);
        _started.Add(health);
        HealthPort = health.Port;

        if (_options.InsecureAgentPort)
        {
            _logger.AgentPortOpen(AgentPort);
        }
        else
        {
            TellAgentIdentity();
        }

        _logger.ServerStarted(_options.ServerId, Frontend(), AgentPort, HealthPort, AdminPort > 0 ? $"port {AdminPort}" : "no port");
    }

    private ReloadingFile<FrontendPolicy>? FollowPolicy()
    {
        if (_options.FrontendPolicy.Length == 0)
        {
            return null;
        }

        (var file, _policyReloader) = FollowedPolicy.Start(_options.FrontendPolicy, Metrics, _logger, _time);
        _started.Add(_policyReloader);
        return file;
    }

    private IReadOnlyList<string> Warnings() =>
    [
        .. _certificateFiles.Warnings(), .. _policyReloader?.Warnings() ?? [],
        .. (_announcer?.Warnings ?? []).Union(Fleet?.Warnings ?? []),
    ];

    private void TellAgentIdentity()
    {
        var asked = _options.AgentIdentity != AgentIdentityMode.Auto;
        if (_options.BindsAgentIdentity)
        {
            _logger.AgentIdentityBound(asked ? "--agent-identity=certificate says so" : $"{_options.OwnFlag} is none of upstream's flags");
        }
        else if (_options.BindsAgentToken)
        {
            _logger.AgentIdentityOfToken(
                _options.AgentTokenIdentifiers.Binds ? $"--agent-token-identifiers={_options.AgentTokenIdentifiers.Text}" : "--agent-token-cluster=namespace");
        }
        else
        {
            var (credential, remedy) = _options.UsesTokenAuthentication
                ? ($"any token of the service account {_options.AgentNamespace}/{_options.AgentServiceAccount}",
                    "Bind what they announce to their tokens, with --agent-token-cluster=namespace or --agent-token-identifiers=host={node}")
                : ("any certificate of --cluster-ca-cert",
                    "Issue certificates that name their cluster and start with --agent-identity=certificate");
            _logger.AgentIdentityClaimed(
                asked ? "--agent-identity=claimed says so" : "the command line has upstream's flags only", credential, remedy);
        }
    }

    private string Frontend() => _options switch
    {
        { UdsName.Length: > 0 } => _options.UdsName,
        { FrontendUdsName.Length: > 0 } => $"port {FrontendPort} and {_options.FrontendUdsName}",
        _ => $"port {FrontendPort}",
    };
}
