using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class HaTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    [Trait("Spec", "7.19")]
    public async Task Agent_BehindLoadBalancer_ReachesThreeServers_LosesOne_AndGetsItsReplacement()
    {
        var target = await StartHttpTargetAsync();
        var cluster = Own(new ServerCluster(static (o, _) => o with { ServerCount = 3 }));
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
        await cluster.ProxiesAsync(target);

        await cluster.RemoveAsync("s1");
        await metrics.WaitForAsync(AgentMetric.OpenServers, 2);
        await cluster.ProxiesAsync(target);

        await cluster.AddAsync();
        await metrics.WaitForAsync(AgentMetric.OpenServers, 3);
        await cluster.ProxiesAsync(target);
    }
}
