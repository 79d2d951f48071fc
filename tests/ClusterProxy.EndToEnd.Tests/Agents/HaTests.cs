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

    /// <summary>
    /// Where servers do not say where the others are, each takes one try of a balancer that deals them out in turn, and between two tries
    /// lies <c>--sync-interval</c>, to which up to a tenth is added. By that clock nothing else takes any time.
    /// </summary>
    [Fact]
    public async Task Agent_BehindLoadBalancer_ReachesFiveServers_ByFiveTries_WithinTwoSecondsOfItsClock()
    {
        var interval = TimeSpan.FromMilliseconds(400);
        var cluster = Own(new ServerCluster(static (o, _) => o with { ServerCount = 5 }));
        for (var i = 0; i < 5; i++)
        {
            await cluster.AddAsync();
        }

        var time = new PausingTime(interval, interval * 1.1);
        var options = LoopbackOptions.Agent("ha", cluster.AgentPlane, cluster.Balancer.Port) with { SyncInterval = interval, TunnelsPerServer = 0 };
        var agent = Own(await Agent.ProxyAgentHost.StartAsync(options, cluster.Log.CreateFactory(), time, static _ => null).DefaultTimeout());
        var metrics = new MetricsPage(agent.HealthPort);
        for (var tries = 1; tries < 5; tries++)
        {
            await time.PassAsync();
        }

        await metrics.WaitForAsync(AgentMetric.OpenServers, 5);
        Assert.Equal(5, await metrics.WaitForAsync("clusterproxy_agent_connect_attempts_total", 5));
        Assert.Equal(5, await metrics.ValueAsync("clusterproxy_agent_connect_attempts_total", ("result", "connected")));
        Assert.Equal(5, cluster.Balancer.Accepted.Value);
        Assert.All(cluster.Servers.Values, static s => Assert.Single(s.Agents.Tunnels));
        Assert.InRange(time.Passed, 4 * interval, TimeSpan.FromSeconds(2));
    }
}
