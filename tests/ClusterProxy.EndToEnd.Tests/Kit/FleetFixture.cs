using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Client;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// Some servers that know each other, with a certificate authority a plane. An agent has tunnels with those that the test says, through
/// relays to which short faults happen.
/// </summary>
internal sealed class FleetFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<TunnelClient> _clients = [];
    private readonly List<ProxyAgentHost> _agents = [];
    private readonly ScriptedPeers _scripted = new();
    private readonly ClientInstruments _clientInstruments = new();
    private TcpRelay[] _agentRelays = [];
    private TimeProvider _time = TimeProvider.System;

    public FailOnErrorLog Log { get; } = new();

    public TestCertificates AgentPlane { get; } = new("agents");

    public TestCertificates FrontendPlane { get; } = new("frontends");

    public TestCertificates PeerPlane { get; } = new("servers");

    /// <summary>Null where one has been stopped.</summary>
    public ProxyServerHost?[] Servers { get; private init; } = [];

    public ServerOptions[] Options { get; private init; } = [];

    /// <param name="servers">How many know of each other.</param>
    /// <param name="configure">Changes the options of each.</param>
    /// <param name="nameIds">Whether they know each other's ids beforehand.</param>
    /// <param name="started">How many are there from the beginning; all, if it is null.</param>
    /// <param name="time">The servers' clock; null for the system's.</param>
    public static async Task<FleetFixture> StartAsync(
        int servers = 3, Func<ServerOptions, int, ServerOptions>? configure = null, bool nameIds = true, int? started = null, TimeProvider? time = null)
    {
        var fixture = new FleetFixture
        {
            Servers = new ProxyServerHost?[servers],
            Options = new ServerOptions[servers],
            _agentRelays = [.. Enumerable.Range(0, servers).Select(static i => new TcpRelay().Disturb(SeededRandom.SeedOfThisRun + i))],
            _time = time ?? TimeProvider.System,
        };
        FleetServer[] peers =
        [
            .. FreePorts.Shared.Next(servers).Select((port, i) => new FleetServer(nameIds ? $"hub-{i}" : "", "127.0.0.1", port)),
        ];
        for (var i = 0; i < servers; i++)
        {
            var certificate = fixture.PeerPlane.Peer($"hub-{i}");
            var options = LoopbackOptions.Server("auto", fixture.AgentPlane, fixture.FrontendPlane, fixture._directory.File($"{i}.sock")) with
            {
                ServerId = $"hub-{i}",
                ServerCount = 2,
                ProxyStrategies = [ProxyStrategy.DestHost],
                Peers = peers,
                PeerPort = peers[i].Port,
                PeerBindAddress = IPAddress.Loopback,
                PeerCert = certificate.CertificateFile,
                PeerKey = certificate.KeyFile,
                PeerCaCert = fixture.PeerPlane.AuthorityFile,
            };
            fixture.Options[i] = configure?.Invoke(options, i) ?? options;
            if (i < (started ?? servers))
            {
                await fixture.StartServerAsync(i);
            }
        }

        await fixture.WaitForPeersAsync();
        return fixture;
    }

    /// <summary>Where agents find a server, also when it is started again.</summary>
    public TcpRelay AgentRelay(int server) => _agentRelays[server];

    public async Task StartServerAsync(int server)
    {
        var host = await ProxyServerHost.StartAsync(Options[server], Log.CreateFactory(), _time, CancellationToken.None)
            .DefaultTimeout();
        Servers[server] = host;
        AgentRelay(server).Destinations = [new IPEndPoint(IPAddress.Loopback, host.AgentPort)];
    }

    /// <summary>As by kill -9: nobody is told.</summary>
    public async Task StopServerAsync(int server)
    {
        var host = Servers[server]!;
        Servers[server] = null;
        await host.DisposeAsync().DefaultTimeout();
    }

    /// <summary>Waits until each server that is there has a lane to each other one.</summary>
    public Task WaitForPeersAsync() => Eventually.ObserveAsync(
        () => Task.FromResult(string.Join(',', Alive.Select(static s => s.Fleet!.Peers.Lanes.Count(static l => l.IsUsable)))),
        lanes => lanes == string.Join(',', Alive.Select(_ => Alive.Count() - 1)));

    /// <summary>Waits until each server that is there knows all tunnels that the others have.</summary>
    public Task WaitForMapsAsync() => Eventually.ObserveAsync(
        () => Task.FromResult(string.Join(',', Alive.Select(static s => s.Fleet!.Peers.Lanes.Sum(static l => l.Tunnels.Count)))),
        maps => maps == string.Join(',', Alive.Select(s => Alive.Where(o => o != s).Sum(static o => o.Agents.Tunnels.Length))));

    /// <summary>A real agent, which can be dialled as <c>CLUSTER:1</c>, with tunnels to two servers; all servers know of it.</summary>
    public Task StartAgentAsync(string cluster, string target, int first, int second) => StartAgentAsync(
        cluster, first, second, o => o with { AgentIdentifiers = $"host={cluster}", TargetAlias = [$"{cluster}:1={target}"] });

    /// <summary>The same, with what the test says of its identifiers and targets.</summary>
    public async Task StartAgentAsync(string cluster, int first, int second, Func<AgentOptions, AgentOptions> configure)
    {
        var before = (Servers[first]!.Agents.Tunnels.Length, Servers[second]!.Agents.Tunnels.Length);
        var options = configure(LoopbackOptions.Agent($"agent-{cluster}", AgentPlane, 0) with
        {
            ProxyServerHost = [new("127.0.0.1", AgentRelay(first).Port), new("127.0.0.1", AgentRelay(second).Port)],
        });
        _agents.Add(await ProxyAgentHost.StartAsync(options, Log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());
        await Eventually.ObserveAsync(() => Task.FromResult(
            Servers[first]!.Agents.Tunnels.Length > before.Item1 && Servers[second]!.Agents.Tunnels.Length > before.Item2));
        await WaitForMapsAsync();
    }

    /// <summary>A real agent that follows what the servers announce; it can be dialled as <c>CLUSTER:1</c>.</summary>
    /// <param name="cluster">Its id and its host.</param>
    /// <param name="target">Where it leads.</param>
    /// <param name="first">The server that it meets first.</param>
    public async Task StartFollowingAgentAsync(string cluster, string target, int first) => _agents.Add(await ProxyAgentHost.StartAsync(
        LoopbackOptions.Agent(cluster, AgentPlane, AgentRelay(first).Port) with
        {
            AgentIdentifiers = $"host={cluster}",
            TargetAlias = [$"{cluster}:1={target}"],
        },
        Log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());

    /// <summary>An agent at one server of which the test says every packet; all servers know of it.</summary>
    public async Task<ScriptedPeer> ConnectScriptedAgentAsync(int server, string id, string identifiers, string features = "")
    {
        var host = Servers[server]!;
        var before = host.Agents.Tunnels.Length;
        var certificate = AgentPlane.Client(id, $"spiffe://hub/cluster/{id}");
        var peer = await _scripted.OpenAgentAsync(
            () => Sockets.ConnectTlsAsync(AgentRelay(server).Port, AgentPlane, certificate, "h2"), id, identifiers, features);
        await Eventually.ObserveAsync(() => Task.FromResult(host.Agents.Tunnels.Length > before));
        await WaitForMapsAsync();
        return peer;
    }

    /// <summary>A gRPC stream of a frontend of which the test says every packet.</summary>
    public Task<ScriptedPeer> OpenScriptedFrontendAsync(int server)
    {
        var port = Servers[server]!.FrontendPort;
        var certificate = FrontendPlane.Client();
        return _scripted.OpenFrontendAsync(_scripted.Connect(() => Sockets.ConnectTlsAsync(port, FrontendPlane, certificate, "h2")));
    }

    /// <summary>A client of the SDK.</summary>
    public TunnelClient Client(FrontendKind kind, int server)
    {
        var options = LoopbackClient.Options(kind, Servers[server]!.FrontendPort, Options[server].FrontendUdsName, FrontendPlane);
        options.LoggerFactory = Log.CreateFactory();
        options.MeterFactory = _clientInstruments.Meters;
        var client = new TunnelClient(options);
        _clients.Add(client);
        return client;
    }

    /// <summary>The sum of the samples that carry these labels.</summary>
    public double Metric(int server, string name, params (string Name, string Value)[] labels) =>
        PrometheusTextParser.Parse(Servers[server]!.RenderMetrics())[$"clusterproxy_server_{name}"].Samples
            .Where(s => labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value)).Sum(static s => s.Value);

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().DefaultTimeout();
        }

        await _scripted.DisposeAsync().DefaultTimeout();
        try
        {
            foreach (var server in Enumerable.Range(0, Servers.Length).Where(i => Servers[i] is not null))
            {
                await Eventually.ObserveAsync(() => Task.FromResult(Left(server)), static left => left == 0);
            }

            Assert.Equal("", _clientInstruments.Left());
        }
        finally
        {
            foreach (var agent in _agents)
            {
                await agent.DisposeAsync().DefaultTimeout();
            }

            foreach (var server in Alive.ToList())
            {
                await server.DisposeAsync().DefaultTimeout();
            }

            foreach (var relay in _agentRelays)
            {
                await relay.DisposeAsync().DefaultTimeout();
            }

            _clientInstruments.Dispose();
            AgentPlane.Dispose();
            FrontendPlane.Dispose();
            PeerPlane.Dispose();
            _directory.Dispose();
        }

        Log.Verify();
    }

    private IEnumerable<ProxyServerHost> Alive => Servers.OfType<ProxyServerHost>();

    /// <summary>Connections, dials and bytes of one server that are not over.</summary>
    private double Left(int server) =>
        Servers[server]!.Agents.Tunnels.Sum(static t => t.ConnectionCount + t.PendingDialCount) + Servers[server]!.Router.PendingCount
        + Metric(server, "forwarded_connections") + Metric(server, "forwarded_pending_dials") + Metric(server, "forwarded_queued_bytes")
        + Metric(server, "buffered_bytes") + Metric(server, "promised_bytes");
}
