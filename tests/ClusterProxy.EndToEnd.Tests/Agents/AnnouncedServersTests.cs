using ClusterProxy.Agent;
using ClusterProxy.Protocol.Fleet;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

/// <summary>Real servers that know each other by a file, and an agent that has met one of them.</summary>
public sealed class AnnouncedServersTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Attempts = "clusterproxy_agent_connect_attempts_total";

    /// <summary>How long that takes is a matter of the machine alone: by the agent's clock, which does not move here, it is no time at all.</summary>
    [Fact]
    public async Task FiveServers_AreAllReached_EachByOneAttempt_WithoutAPause()
    {
        var target = await StartHttpTargetAsync();
        var cluster = await StartAsync(count: 5, fanOut: 0);
        var metrics = await StartAgentAsync(
            cluster, static o => o with { SyncInterval = TimeSpan.FromSeconds(1), TunnelsPerServer = 0 }, new ManualTime());

        await metrics.WaitForAsync(AgentMetric.OpenServers, 5);

        await metrics.WaitForAsync(Attempts, 5, ("result", "connected"));
        Assert.Equal(5, await metrics.ValueAsync(Attempts));
        Assert.Equal(1, cluster.Balancer.Accepted.Value);
        Assert.All(cluster.Servers.Values, static s => Assert.Single(s.Agents.Tunnels));
        await metrics.WaitForAsync(AgentMetric.KnownServers, 5);
        await cluster.ProxiesAsync(target);
    }

    [Fact]
    public async Task File_Changes_AgentConnectsToTheNewServer_AndLeavesTheRemovedOne()
    {
        var target = await StartHttpTargetAsync();
        var cluster = await StartAsync(count: 2, fanOut: 0);
        var metrics = await StartAgentAsync(cluster);
        await metrics.WaitForAsync(AgentMetric.OpenServers, 2);

        await cluster.AddAsync();
        await AnnouncedServers.AnnounceAsync(cluster, "s0", "s1", "s2");
        await metrics.WaitForAsync(AgentMetric.OpenServers, 3);
        await cluster.ProxiesAsync(target);

        await AnnouncedServers.AnnounceAsync(cluster, "s1", "s2");
        await Eventually.ObserveAsync(() => Task.FromResult(cluster.Servers["s0"].Agents.Tunnels.All(static t => t.IsDraining)));
        await metrics.WaitForAsync(AgentMetric.KnownServers, 2);
        await metrics.WaitForAsync(AgentMetric.OpenServers, 2);
        await cluster.RemoveAsync("s0");
        await cluster.ProxiesAsync(target);
    }

    [Fact]
    public async Task FanOut_AgentKeepsTheTwoServersOfItsHash()
    {
        var target = await StartHttpTargetAsync();
        var cluster = await StartAsync(count: 4, fanOut: 2);
        var metrics = await StartAgentAsync(cluster);
        var owners = RendezvousHash.First("fleet-agent", cluster.Servers.Keys, static id => id, 2);

        await Eventually.ObserveAsync(() => Task.FromResult(owners.All(o => cluster.Servers[o].Agents.Tunnels.Length == 1)));
        foreach (var other in cluster.Servers.Keys.Except(owners).ToArray())
        {
            await Eventually.ObserveAsync(() => Task.FromResult(cluster.Servers[other].Agents.Tunnels.IsEmpty));
            await cluster.RemoveAsync(other);
        }

        await metrics.WaitForAsync(AgentMetric.OpenServers, 2);
        await metrics.WaitForAsync(AgentMetric.KnownServers, 2);
        await cluster.ProxiesAsync(target);
    }

    private async Task<ServerCluster> StartAsync(int count, int fanOut) => Own(await AnnouncedServers.StartAsync(count, fanOut));

    private async Task<MetricsPage> StartAgentAsync(
        ServerCluster cluster, Func<AgentOptions, AgentOptions>? configure = null, TimeProvider? time = null)
    {
        var options = LoopbackOptions.Agent("fleet-agent", cluster.AgentPlane, cluster.Balancer.Port);
        var agent = Own(await ProxyAgentHost.StartAsync(
            configure?.Invoke(options) ?? options, cluster.Log.CreateFactory(), time ?? TimeProvider.System, static _ => null).DefaultTimeout());
        return new MetricsPage(agent.HealthPort);
    }
}
