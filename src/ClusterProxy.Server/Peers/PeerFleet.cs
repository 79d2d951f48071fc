using ClusterProxy.Hosting;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Frontend;
using ClusterProxy.Server.Planes;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>What a server has to do with the others of its fleet: its port for them, the lanes to them, and the routing over both.</summary>
internal sealed class PeerFleet : IAsyncDisposable
{
    private readonly ServerOptions _options;
    private readonly AgentRegistry _agents;
    private readonly OwnedTunnels _owned;
    private readonly PeerContext _context;
    private readonly PeerSet _peers;
    private ServerCertificates? _certificates;
    private Plane? _plane;

    /// <param name="options">Of the server.</param>
    /// <param name="source">Where the others are; owned.</param>
    /// <param name="agents">Its own.</param>
    /// <param name="owned">As others are told of them.</param>
    /// <param name="own">Routes to them.</param>
    /// <param name="limits">Of both routers.</param>
    /// <param name="context">What all lanes to other servers share.</param>
    public PeerFleet(
        ServerOptions options, IServerSource source, AgentRegistry agents, OwnedTunnels owned, DialRouter own, DialLimits limits, PeerContext context)
    {
        _options = options;
        _agents = agents;
        _owned = owned;
        _context = context;
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = () => Certificates.PeerAuthorities!.Value,
                KeyPair = () => Certificates.Peer!.Value,
                RoleObjection = PlaneRules.ObjectionToPeer,
                ExtraApplicationProtocols = [LaneProtocol.PeerAlpn.ToString()],
                OfferHttp2 = false,
            },
            context.Time);
        _peers = new PeerSet(source, new PeerConnector(tls, new CredentialRenewal(() => Certificates.Peer!.Value.Validity, context.Time), context), options.ProxyStrategies, context);
        Router = new FleetRouter(own, agents, _peers, limits, context);
        Returning = options.FanOut != 1 ? new ReturningAgents(agents, _peers, context.Time) : null;
        context.Metrics.Peers.Observe(_peers, owned, Served);
    }

    /// <summary>For frontends' dials.</summary>
    public FleetRouter Router { get; }

    /// <summary>The other servers' lanes that are here.</summary>
    public LiveFrontends Served { get; } = new();

    /// <summary>Open lanes to other servers, and what is known of their agents.</summary>
    public PeerSet Peers => _peers;

    /// <summary>Null when agents are not to have tunnels with several servers.</summary>
    public ReturningAgents? Returning { get; }

    public int Port => _plane?.Port ?? 0;

    /// <summary>Why it may be out of date where other servers are.</summary>
    public IReadOnlyList<string> Warnings => _peers.Warnings;

    /// <summary>Whether every agent of this server has a tunnel with another one, as far as others have said.</summary>
    public bool HasAgentsElsewhere
    {
        get
        {
            var elsewhere = _peers.Lanes.Where(static l => l.IsUsable).SelectMany(static l => l.Tunnels.Tunnels)
                .Where(static t => !t.Draining).Select(static t => (t.Agent, t.Cluster)).ToHashSet();
            return _agents.Tunnels.All(t => elsewhere.Contains((t.Agent.Id, t.Agent.Cluster)));
        }
    }

    private ServerCertificates Certificates =>
        _certificates ?? throw new InvalidOperationException("Lanes are opened when the certificates are loaded.");

    /// <summary>Opens the port, then the lanes.</summary>
    /// <param name="certificates">Of all planes.</param>
    /// <param name="frontends">What frontends share; servers' dials take no second hop and have been judged.</param>
    /// <param name="metrics">Counts handshakes.</param>
    /// <param name="logging">For the port.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="StartupException">The port cannot be had.</exception>
    public async Task OpenAsync(
        ServerCertificates certificates, FrontendContext frontends, HostingMetrics metrics, ILoggerFactory logging, CancellationToken cancellationToken)
    {
        _certificates = certificates;
        _plane = await Plane.StartAsync(
            PeerPlane.Create(
                _options, frontends with { Live = Served, Policy = null, Without = TunnelFeatureSet.None },
                new PeerAdmission(_owned, frontends.Audit, _context), certificates, metrics, _context.Logger),
            _context.Metrics, _context.Refusals, logging, cancellationToken);
        _context.Logger.PeersServed(_plane.Port);
        _peers.Start();
    }

    /// <summary>Takes no more lanes, and waits for those that are open; they are cut when the token fires.</summary>
    public Task StopAsync(CancellationToken cut) => _plane?.StopAsync(cut) ?? Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await (_plane?.DisposeAsync() ?? ValueTask.CompletedTask);
        await _peers.DisposeAsync();
    }
}
