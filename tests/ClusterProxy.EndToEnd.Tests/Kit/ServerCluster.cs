using System.Net;
using ClusterProxy.Client;
using ClusterProxy.Server;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>
/// Several servers behind one address. Each has the id <c>s0</c>, <c>s1</c> … and its number. To all the ways of agents short faults
/// happen.
/// </summary>
internal sealed class ServerCluster(Func<ServerOptions, int, ServerOptions> configure) : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Dictionary<string, TcpRelay> _agentRelays = [];
    private int _started;

    public FailOnErrorLog Log { get; } = new();

    public TestCertificates AgentPlane { get; } = new("agents");

    public TestCertificates FrontendPlane { get; } = new("frontends");

    public TcpRelay Balancer { get; } = new TcpRelay().Disturb(SeededRandom.SeedOfThisRun);

    /// <summary>Those that run, by id.</summary>
    public Dictionary<string, ProxyServerHost> Servers { get; } = [];

    /// <summary>Where agents find this one and no other.</summary>
    public string AgentAddress(string id) => _agentRelays[id].Address;

    public string File(string name) => _directory.File(name);

    public async Task<string> AddAsync()
    {
        var number = _started++;
        var id = $"s{number}";
        var options = LoopbackOptions.Server("grpc", AgentPlane, FrontendPlane, _directory.File($"{id}.sock")) with
        {
            ServerId = id,
            GracefulShutdownTimeout = TimeSpan.Zero,
        };
        Servers[id] = await ProxyServerHost.StartAsync(
            configure(options, number), Log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout();
        _agentRelays[id] = new TcpRelay(Servers[id].AgentPort).Disturb(SeededRandom.SeedOfThisRun + _started);
        Balance();
        return id;
    }

    public async Task RemoveAsync(string id)
    {
        Servers.Remove(id, out var server);
        Balance();
        await server!.DisposeAsync().DefaultTimeout();
    }

    public TunnelClient Client(ProxyServerHost server) => new(LoopbackClient.Options(server.FrontendPort, FrontendPlane));

    /// <summary>Fetches the page through each server.</summary>
    public async Task ProxiesAsync(HttpTarget target)
    {
        foreach (var server in Servers.Values)
        {
            await using var client = Client(server);
            using var http = new HttpClient(new TunnelHttpHandler(client));
            Assert.Equal(target.Body, await http.GetStringAsync(target.Url).DefaultTimeout());
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var id in Servers.Keys.ToArray())
        {
            await RemoveAsync(id);
        }

        foreach (var relay in _agentRelays.Values.Append(Balancer))
        {
            await relay.DisposeAsync().DefaultTimeout();
        }

        AgentPlane.Dispose();
        FrontendPlane.Dispose();
        _directory.Dispose();
        Log.Verify();
    }

    private void Balance() => Balancer.Destinations = [.. Servers.Values.Select(static s => new IPEndPoint(IPAddress.Loopback, s.AgentPort))];
}
