using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Client;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Restarts;

/// <summary>
/// Servers behind one address for agents and one for frontends, and agents at all of them, each replaced as an orchestrator does it:
/// a server is taken out of the frontends' address as it begins to drain, and its successor put in once it is ready.
/// </summary>
internal sealed class RestartFleet : IAsyncDisposable
{
    private const int Size = 3;

    private readonly TemporaryDirectory _directory = new();
    private readonly TestCertificates _agentPlane = new("agents");
    private readonly TestCertificates _frontendPlane = new("frontends");
    private readonly TcpRelay _agentAddress = new TcpRelay().Disturb(SeededRandom.SeedOfThisRun);
    private readonly TcpRelay _frontendAddress = new TcpRelay().Disturb(~SeededRandom.SeedOfThisRun);
    private readonly List<TunnelClient> _clients = [];
    private int _started;

    private RestartFleet()
    {
    }

    public FailOnErrorLog Log { get; } = new();

    public List<ProxyServerHost> Servers { get; } = [];

    public List<ProxyAgentHost> Agents { get; } = [];

    public static async Task<RestartFleet> StartAsync()
    {
        var fleet = new RestartFleet();
        for (var i = 0; i < Size; i++)
        {
            await fleet.StartServerAsync();
        }

        for (var i = 0; i < Size; i++)
        {
            await fleet.StartAgentAsync();
        }

        await fleet.WaitForTunnelsAsync();
        fleet.ServeFrontends();
        return fleet;
    }

    /// <summary>A client of the frontends' address.</summary>
    public TunnelClient Client(TunnelTransport transport, int lanes)
    {
        var options = LoopbackClient.Options(_frontendAddress.Port, _frontendPlane);
        options.Transport = transport;
        options.Lanes = lanes;
        options.LoggerFactory = Log.CreateFactory();
        var client = new TunnelClient(options);
        _clients.Add(client);
        return client;
    }

    /// <summary>Drains the oldest server while <paramref name="whileItDrains"/> runs, and puts a new one in its place.</summary>
    public async Task ReplaceServerAsync(Func<Task> whileItDrains)
    {
        var server = Servers[0];
        Servers.RemoveAt(0);
        var shutdown = server.ShutdownAsync();
        ServeFrontends();
        await whileItDrains();
        await shutdown.DefaultTimeout();
        await server.DisposeAsync().DefaultTimeout();
        await StartServerAsync();
        await WaitForTunnelsAsync();
        ServeFrontends();
    }

    public async Task ReplaceAgentAsync(Func<Task> whileItDrains)
    {
        var agent = Agents[0];
        Agents.RemoveAt(0);
        var drain = agent.DrainAsync();
        await whileItDrains();
        await drain.DefaultTimeout();
        await agent.DisposeAsync().DefaultTimeout();
        Assert.Equal(0, agent.OpenConnections);
        await StartAgentAsync();
        await WaitForTunnelsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
        {
            await client.DisposeAsync().DefaultTimeout();
        }

        foreach (var agent in Agents)
        {
            await agent.DisposeAsync().DefaultTimeout();
            Assert.Equal((0, 0L, 0L), (agent.OpenTunnels, agent.OpenConnections, agent.PendingDials));
        }

        foreach (var server in Servers)
        {
            await server.DisposeAsync().DefaultTimeout();
            Assert.Equal(0, server.Router.PendingCount);
        }

        await _agentAddress.DisposeAsync().DefaultTimeout();
        await _frontendAddress.DisposeAsync().DefaultTimeout();
        _agentPlane.Dispose();
        _frontendPlane.Dispose();
        _directory.Dispose();
        Log.Verify();
    }

    private async Task StartServerAsync()
    {
        var options = LoopbackOptions.Server("auto", _agentPlane, _frontendPlane, _directory.File($"{_started++}.sock")) with
        {
            ServerCount = Size,
            ShutdownDelay = TimeSpan.FromSeconds(2),

            // Far away: what is cut before has been cut too early.
            GracefulShutdownTimeout = TimeSpan.FromMinutes(2),
        };
        Servers.Add(await ProxyServerHost.StartAsync(options, Log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout());
        _agentAddress.Destinations = [.. Servers.Select(static s => new IPEndPoint(IPAddress.Loopback, s.AgentPort))];
    }

    private async Task StartAgentAsync()
    {
        var options = LoopbackOptions.Agent($"agent-{_started++}", _agentPlane, _agentAddress.Port) with { DrainTimeout = TimeSpan.FromMinutes(2) };
        Agents.Add(await ProxyAgentHost.StartAsync(options, Log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());
    }

    private void ServeFrontends() =>
        _frontendAddress.Destinations = [.. Servers.Select(static s => new IPEndPoint(IPAddress.Loopback, s.FrontendPort))];

    private async Task WaitForTunnelsAsync() => await Eventually.ObserveAsync(
        () => Task.FromResult(string.Join(',', Servers.Select(static s => s.Agents.Tunnels.Count(static t => !t.IsDraining)))),
        found => found == string.Join(',', Servers.Select(_ => Agents.Count)));
}
