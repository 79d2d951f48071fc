using ClusterProxy.Agent;
using ClusterProxy.Protocol.Fleet;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

/// <summary>Real servers that know each other by a file, and an agent that has met one of them.</summary>
public sealed class AnnouncedServersTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Attempts = "clusterproxy_agent_connect_attempts_total";

    [Fact]
    public async Task FiveServers_AreAllReached_EachByOneAttempt()
    {
        var target = await StartHttpTargetAsync();
        var cluster = await StartAsync(count: 5, fanOut: 0);
        var metrics = await StartAgentAsync(cluster, o => o with
        {
            // Between two attempts of a search for servers lies an hour, so there is none but the first.
            SyncInterval = TimeSpan.FromHours(1),
            SyncIntervalCap = TimeSpan.FromHours(1),
            TunnelsPerServer = 0,
        });

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
        await AnnounceAsync(cluster, "s0", "s1", "s2");
        await metrics.WaitForAsync(AgentMetric.OpenServers, 3);
        await cluster.ProxiesAsync(target);

        await AnnounceAsync(cluster, "s1", "s2");
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

    private async Task<ServerCluster> StartAsync(int count, int fanOut)
    {
        ServerCluster cluster = null!;
        cluster = Own(new ServerCluster((o, _) => o with { ServersFile = cluster.File("servers"), FanOut = fanOut }));
        File.WriteAllText(cluster.File("servers"), "");
        List<string> ids = [];
        for (var i = 0; i < count; i++)
        {
            ids.Add(await cluster.AddAsync());
        }

        await AnnounceAsync(cluster, [.. ids]);
        return cluster;
    }

    /// <summary>Returns when every server that runs has read it.</summary>
    private static async Task AnnounceAsync(ServerCluster cluster, params string[] ids)
    {
        var next = cluster.File("servers.next");
        await File.WriteAllLinesAsync(next, ids.Select(id => $"{id}={cluster.AgentAddress(id)}"));
        File.Move(next, cluster.File("servers"), overwrite: true);
        foreach (var server in cluster.Servers.Values)
        {
            await new MetricsPage(server.HealthPort).WaitForAsync("clusterproxy_server_announced_servers", ids.Length);
        }
    }

    private async Task<MetricsPage> StartAgentAsync(ServerCluster cluster, Func<AgentOptions, AgentOptions>? configure = null)
    {
        var options = LoopbackOptions.Agent("fleet-agent", cluster.AgentPlane, cluster.Balancer.Port);
        var agent = Own(await ProxyAgentHost.StartAsync(
            configure?.Invoke(options) ?? options, cluster.Log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());
        return new MetricsPage(agent.HealthPort);
    }
}
