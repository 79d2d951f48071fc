using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Client;
using ClusterProxy.Protocol;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// One server, agents and clients in this process, over real sockets with real certificates: two authorities, one a plane.
/// Frontends are served on TCP and on a Unix socket at once. Agents, and clients that speak TLS, come through relays to which faults
/// happen. On dispose nothing may be left, by the programs' own gauges.
/// </summary>
internal sealed class TunnelFixture : IAsyncDisposable
{
    private readonly TunnelSetup _setup;
    private readonly TemporaryDirectory _directory = new();
    private readonly List<TunnelClient> _clients = [];
    private readonly List<ProxyAgentHost> _agents = [];
    private readonly ScriptedPeers _scripted = new();
    private readonly List<HttpClient> _http = [];
    private readonly ClientInstruments _clientInstruments = new();
    private readonly Lazy<TestCertificate> _frontend;
    private HttpMessageInvoker? _scriptedFrontends;

    private TunnelFixture(TunnelSetup setup)
    {
        _setup = setup;
        Log = new FailOnErrorLog(setup.AllowedErrors);
        _frontend = new Lazy<TestCertificate>(() => FrontendPlane.Client());
        if (setup.Disturbed)
        {
            Relay.Disturb(SeededRandom.SeedOfThisRun);
            FrontendRelay.Disturb(~SeededRandom.SeedOfThisRun);
        }
    }

    public FailOnErrorLog Log { get; }

    public TestCertificates AgentPlane { get; } = new("agents");

    public TestCertificates FrontendPlane { get; } = new("frontends");

    public ProxyServerHost Server { get; private set; } = null!;

    public ServerOptions ServerOptions { get; private set; } = null!;

    public IReadOnlyList<ProxyAgentHost> Agents => _agents;

    /// <summary>Between agents and server, also when the server is started again.</summary>
    public TcpRelay Relay { get; } = new();

    /// <summary>Between clients that speak TLS and the server.</summary>
    public TcpRelay FrontendRelay { get; } = new();

    /// <summary>A violation of credit is a defect of one end; a test in which that end is the test's says so.</summary>
    public bool ExpectsCreditViolations { get; set; }

    public MetricsPage ServerMetrics => new(Server.HealthPort);

    public string SocketPath => _directory.File("frontend.sock");

    public static async Task<TunnelFixture> StartAsync(TunnelSetup? setup = null)
    {
        var fixture = new TunnelFixture(setup ?? new TunnelSetup());
        await fixture.StartServerAsync();
        for (var i = 0; i < fixture._setup.Agents; i++)
        {
            await fixture.StartAgentAsync();
        }

        await fixture.WaitForAgentsAsync();
        return fixture;
    }

    public async Task StartServerAsync()
    {
        ServerOptions = _setup.Server(LoopbackOptions.Server(_setup.Mode, AgentPlane, FrontendPlane, SocketPath));
        Server = await ProxyServerHost.StartAsync(ServerOptions, Log.CreateFactory(), _setup.Time, CancellationToken.None)
            .DefaultTimeout();
        Relay.Destinations = [new IPEndPoint(IPAddress.Loopback, Server.AgentPort)];
        FrontendRelay.Destinations = [new IPEndPoint(IPAddress.Loopback, Server.FrontendPort)];
    }

    public Task StopServerAsync() => Server.DisposeAsync().DefaultTimeout();

    /// <summary>One more agent; it is connected after <see cref="WaitForAgentsAsync"/>.</summary>
    public async Task<ProxyAgentHost> StartAgentAsync(Func<AgentOptions, AgentOptions>? configure = null)
    {
        var index = _agents.Count;
        var options = _setup.Agent(LoopbackOptions.Agent($"agent-{index}", AgentPlane, Relay.Port), index);
        var agent = await ProxyAgentHost.StartAsync(
            configure?.Invoke(options) ?? options, Log.CreateFactory(), _setup.Time, static _ => null).DefaultTimeout();
        _agents.Add(agent);
        return agent;
    }

    public async Task StopAgentAsync(ProxyAgentHost agent)
    {
        _agents.Remove(agent);
        await agent.DisposeAsync().DefaultTimeout();
    }

    /// <summary>Waits until the server has a tunnel of each agent.</summary>
    public Task WaitForAgentsAsync() => WaitForTunnelsAsync(_agents.Count);

    public Task WaitForTunnelsAsync(int count) => ServerMetrics.WaitForAsync(
        ServerMetric.GrpcConnections, count, ("service_method", "Connect"));

    public MetricsPage AgentMetrics(int index = 0) => new(_agents[index].HealthPort);

    public Task<double> DialFailuresAsync(string reason) => ServerMetrics.ValueAsync(ServerMetric.DialFailures, ("reason", reason));

    /// <summary>A client of the SDK.</summary>
    public TunnelClient Client(FrontendKind kind, Action<TunnelClientOptions>? configure = null)
    {
        var options = LoopbackClient.Options(kind, FrontendRelay.Port, SocketPath, FrontendPlane);
        options.LoggerFactory = Log.CreateFactory();
        options.MeterFactory = _clientInstruments.Meters;
        configure?.Invoke(options);
        var client = new TunnelClient(options);
        _clients.Add(client);
        return client;
    }

    /// <summary>An HTTP client through the tunnel. Each request has a connection of its own: a pooled one would keep drains waiting.</summary>
    public HttpClient Http(TunnelClient client)
    {
        var http = new HttpClient(new TunnelHttpHandler(client));
        http.DefaultRequestHeaders.ConnectionClose = true;
        _http.Add(http);
        return http;
    }

    public HttpClient Http(FrontendKind kind) => Http(Client(kind));

    /// <summary>A raw connection to the frontend's listener, TLS included where it has it.</summary>
    public async Task<Stream> OpenFrontendAsync(FrontendKind kind)
    {
        if (FrontendCases.IsUnix(kind))
        {
            return await Sockets.ConnectUnixAsync(SocketPath);
        }

        return await Sockets.ConnectTlsAsync(Server.FrontendPort, FrontendPlane, _frontend.Value, FrontendCases.IsConnect(kind) ? "http/1.1" : "h2");
    }

    /// <summary>One Proxy stream, of which the test says every packet; all of them share an HTTP/2 connection.</summary>
    public async Task<ScriptedPeer> OpenScriptedFrontendAsync(string method = TunnelHeaders.ProxyMethod)
    {
        _scriptedFrontends ??= _scripted.Connect(() => OpenFrontendAsync(FrontendKind.GrpcTls));
        return await _scripted.OpenFrontendAsync(_scriptedFrontends, method);
    }

    /// <summary>An agent of which the test says every packet; it has its headers and is registered.</summary>
    public async Task<ScriptedPeer> ConnectScriptedAgentAsync(string id = "scripted", string identifiers = "", string features = "")
    {
        var before = Server.Agents.Tunnels.Length;
        var peer = await _scripted.OpenAgentAsync(
            () => Sockets.ConnectTlsAsync(Relay.Port, AgentPlane, AgentPlane.Client(id), "h2"), id, identifiers, features);
        await Eventually.ObserveAsync(() => Task.FromResult(Server.Agents.Tunnels.Length > before));
        return peer;
    }

    /// <summary>Waits until no frontend, dial or connection is left, at server and agents.</summary>
    public async Task ShouldBecomeIdleAsync()
    {
        await ServerMetrics.WaitForZeroAsync(
        [
            ServerMetric.Established, ServerMetric.PendingDials, ServerMetric.HttpConnections, ServerMetric.FullReceiveChannels,
            ServerMetric.QueuedBytes, ServerMetric.FrontendQueuedBytes, ServerMetric.BufferedBytes, ServerMetric.PromisedBytes,
            .. ExpectsCreditViolations ? (string[])[] : [ServerMetric.CreditViolations],
        ]);
        await ServerMetrics.WaitForAsync(ServerMetric.GrpcConnections, 0, ("service_method", "Proxy"));
        Assert.Equal(0, Server.Router.PendingCount);
        foreach (var agent in _agents)
        {
            await new MetricsPage(agent.HealthPort).WaitForZeroAsync(
                AgentMetric.OpenTargets, AgentMetric.PendingDials, AgentMetric.BufferedBytes, AgentMetric.PromisedBytes, AgentMetric.CreditViolations);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.ForEach(static h => h.Dispose());
        foreach (var client in _clients)
        {
            await client.DisposeAsync().DefaultTimeout();
        }

        await _scripted.DisposeAsync().DefaultTimeout();
        try
        {
            await ShouldBecomeIdleAsync();
            Assert.Equal("", _clientInstruments.Left());
            while (_agents is [.., var agent])
            {
                await StopAgentAsync(agent);
                Assert.Equal((0, 0L, 0L), (agent.OpenTunnels, agent.OpenConnections, agent.PendingDials));
            }

            await ServerMetrics.WaitForZeroAsync(
                ServerMetric.GrpcConnections, ServerMetric.ReadyBackends, ServerMetric.ReadyBackendConnections);
        }
        finally
        {
            while (_agents is [.., var agent])
            {
                await StopAgentAsync(agent);
            }

            await StopServerAsync();
            await Relay.DisposeAsync().DefaultTimeout();
            await FrontendRelay.DisposeAsync().DefaultTimeout();

            _clientInstruments.Dispose();
            AgentPlane.Dispose();
            FrontendPlane.Dispose();
            _directory.Dispose();
        }

        Log.Verify();
    }
}
