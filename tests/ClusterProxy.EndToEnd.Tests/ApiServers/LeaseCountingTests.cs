using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.ApiServers;

/// <summary>Servers that keep leases, and an agent that counts them, behind one address.</summary>
public sealed class LeaseCountingTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Upstream = "konnectivity_network_proxy_agent_";
    private readonly TestCertificates _agentPlane = new("agents");
    private readonly TestCertificates _frontendPlane = new("frontends");
    private readonly FailOnErrorLog _log = new();

    [Fact]
    public async Task Agent_ConnectsToEveryServerThatKeepsALease_AlsoToOneThatComesLater()
    {
        var api = Own(await TestApiServer.StartAsync());
        await using var first = await StartServerAsync(api, "first");
        await using var relay = new TcpRelay(first.AgentPort).Disturb(SeededRandom.SeedOfThisRun);
        await using var agent = await ProxyAgentHost.StartAsync(
            LoopbackOptions.Agent("a", _agentPlane, relay.Port) with { CountServerLeases = true, Kubeconfig = api.Kubeconfig },
            _log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout();
        var metrics = new MetricsPage(agent.HealthPort);
        await metrics.WaitForAsync(Upstream + "open_server_connections", 1);
        await metrics.WaitForAsync(Upstream + "lease_watches_total", 1, ("http_response_code", "200"), ("reason", ""));

        await using (var second = await StartServerAsync(api, "second"))
        {
            relay.Destinations = [new(IPAddress.Loopback, first.AgentPort), new(IPAddress.Loopback, second.AgentPort)];
            await metrics.WaitForAsync(Upstream + "open_server_connections", 2);
            await metrics.WaitForAsync(Upstream + "known_server_count", 2);
            await metrics.WaitForAsync(Upstream + "lease_lists_total", 1, ("http_response_code", "200"), ("reason", ""));
        }

        Assert.Null(api.Api.Find("leases", "kube-system", "konnectivity-proxy-server-second"));
        Assert.NotNull(api.Api.Find("leases", "kube-system", "konnectivity-proxy-server-first"));
        await metrics.WaitForAsync(Upstream + "open_server_connections", 1);
    }

    [Fact]
    public async Task AgentWithAToken_IsLetIn_AndServes()
    {
        var target = await StartHttpTargetAsync();
        var api = Own(await TestApiServer.StartAsync());
        api.AddToken("good");
        var token = api.Write("token", "good\n");
        var fixture = await StartAsync(new()
        {
            Server = api.WithTokens,
            Agent = (o, _) => o with
            {
                AgentCert = "",
                AgentKey = "",
                ServiceAccountTokenPath = token,
                AgentIdentifiers = "host=alpha",
                TargetAlias = [$"alpha:80=127.0.0.1:{target.Port}"],
            },
        });

        Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri("http://alpha:80/")).DefaultTimeout());
    }

    private async Task<ProxyServerHost> StartServerAsync(TestApiServer api, string id)
    {
        var directory = Own(new TemporaryDirectory());
        var options = LoopbackOptions.Server("grpc", _agentPlane, _frontendPlane, directory.File("f.sock")) with
        {
            ServerId = id,
            EnableLeaseController = true,
            Kubeconfig = api.Kubeconfig,
        };
        return await ProxyServerHost.StartAsync(options, _log.CreateFactory(), TimeProvider.System, CancellationToken.None).DefaultTimeout();
    }
}
