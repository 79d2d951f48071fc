using System.Net;
using ClusterProxy.Client;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class HaTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    [Trait("Spec", "7.19")]
    public async Task Agent_BehindLoadBalancer_ReachesThreeServers_LosesOne_AndGetsItsReplacement()
    {
        var target = await StartHttpTargetAsync();
        var cluster = Own(new ServerCluster());
        for (var i = 0; i < 3; i++)
        {
            await cluster.AddAsync();
        }

        var agent = Own(await Agent.ProxyAgentHost.StartAsync(
            LoopbackOptions.Agent("ha", cluster.AgentPlane, cluster.Balancer.Port), cluster.Log.CreateFactory(), TimeProvider.System, static _ => null)
            .DefaultTimeout());
        var metrics = new MetricsPage(agent.HealthPort);
        await metrics.WaitForAsync(AgentMetric.OpenServers, 3);
        Assert.Equal(3, await metrics.ValueAsync(AgentMetric.KnownServers));
        await ProxiesAsync(cluster, target);

        await cluster.RemoveAsync(cluster.Servers[1]);
        await metrics.WaitForAsync(AgentMetric.OpenServers, 2);
        await ProxiesAsync(cluster, target);

        await cluster.AddAsync();
        await metrics.WaitForAsync(AgentMetric.OpenServers, 3);
        await ProxiesAsync(cluster, target);
    }

    private static async Task ProxiesAsync(ServerCluster cluster, HttpTarget target)
    {
        foreach (var server in cluster.Servers)
        {
            await using var client = cluster.Client(server);
            using var http = new HttpClient(new TunnelHttpHandler(client));
            Assert.Equal(target.Body, await http.GetStringAsync(target.Url).DefaultTimeout());
        }
    }

    /// <summary>Servers of one count behind one address.</summary>
    private sealed class ServerCluster : IAsyncDisposable
    {
        private readonly TemporaryDirectory _directory = new();
        private int _started;

        public FailOnErrorLog Log { get; } = new();

        public TestCertificates AgentPlane { get; } = new("agents");

        public TestCertificates FrontendPlane { get; } = new("frontends");

        public TcpRelay Balancer { get; } = new();

        public List<ProxyServerHost> Servers { get; } = [];

        public async Task AddAsync()
        {
            var options = LoopbackOptions.Server("grpc", AgentPlane, FrontendPlane, _directory.File($"{_started++}.sock")) with
            {
                ServerCount = 3,
                GracefulShutdownTimeout = TimeSpan.Zero,
            };
            Servers.Add(await ProxyServerHost.StartAsync(options, Log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout());
            Balance();
        }

        public async Task RemoveAsync(ProxyServerHost server)
        {
            Servers.Remove(server);
            Balance();
            await server.DisposeAsync().DefaultTimeout();
        }

        public TunnelClient Client(ProxyServerHost server)
        {
            var options = new TunnelClientOptions { Address = new Uri($"https://127.0.0.1:{server.FrontendPort}") };
            options.ClientCertificates.Add(FrontendPlane.Client().Certificate);
            options.ServerAuthorities.Add(FrontendPlane.Authority.Certificate);
            return new TunnelClient(options);
        }

        public async ValueTask DisposeAsync()
        {
            while (Servers is [.., var server])
            {
                await RemoveAsync(server);
            }

            await Balancer.DisposeAsync().DefaultTimeout();
            AgentPlane.Dispose();
            FrontendPlane.Dispose();
            _directory.Dispose();
            Log.Verify();
        }

        private void Balance() => Balancer.Destinations = [.. Servers.Select(s => new IPEndPoint(IPAddress.Loopback, s.AgentPort))];
    }
}
