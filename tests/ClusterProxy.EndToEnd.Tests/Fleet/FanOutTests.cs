using ClusterProxy.Protocol.Fleet;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Real agents that keep tunnels to two of several servers, while servers come and go and frontends dial at each of them.</summary>
public sealed class FanOutTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int FanOut = 2;

    private static readonly string[] Clusters = [.. Enumerable.Range(0, 8).Select(static i => $"cluster-{i}")];

    [Fact]
    public async Task Agents_FollowTheServers_ToExactlyTheTwoOfTheirHash_AndEveryServerReachesEveryOne()
    {
        var folder = Own(new TemporaryDirectory());
        var list = folder.File("servers");
        await File.WriteAllTextAsync(list, "");
        var fleet = Own(await FleetFixture.StartAsync(
            servers: 4, (o, _) => o with { ServersFile = list, FanOut = FanOut, ShutdownDelay = TimeSpan.FromSeconds(1) }, started: 3));
        await AnnounceAsync(fleet, list, 0, 1, 2);
        var echo = Own(new EchoTarget());
        for (var i = 0; i < Clusters.Length; i++)
        {
            await fleet.StartFollowingAgentAsync(Clusters[i], echo.Address, first: i % 3);
        }

        await WaitForHashAsync(fleet, 0, 1, 2);
        await using var traffic = new FanOutTraffic(Clusters);
        await ReachAllAsync(fleet, traffic, 0, 1, 2);

        // One more comes: it gets its share, and nobody else's.
        await fleet.StartServerAsync(3);
        await AnnounceAsync(fleet, list, 0, 1, 2, 3);
        await WaitForHashAsync(fleet, 0, 1, 2, 3);
        await ReachAllAsync(fleet, traffic, 0, 1, 2, 3);

        // One leaves as an orchestrator ends it, under dials at the others.
        traffic.Serve(fleet.Client(FrontendKind.LaneTls, 0), fleet.Client(FrontendKind.LaneTls, 2), fleet.Client(FrontendKind.LaneTls, 3));
        await AnnounceAsync(fleet, list, 0, 2, 3);
        await fleet.Servers[1]!.ShutdownAsync().DefaultTimeout();
        await fleet.StopServerAsync(1);
        await WaitForHashAsync(fleet, 0, 2, 3);
        await ReachAllAsync(fleet, traffic, 0, 2, 3);

        await traffic.StopAsync();
        Assert.Empty(traffic.Failures);
        Output.WriteLine($"{traffic.Served} dials");
    }

    /// <summary>Returns when every server that runs has read it.</summary>
    private static async Task AnnounceAsync(FleetFixture fleet, string list, params int[] servers)
    {
        await File.WriteAllLinesAsync($"{list}.next", servers.Select(s => $"hub-{s}={fleet.AgentRelay(s).Address}"));
        File.Move($"{list}.next", list, overwrite: true);
        foreach (var server in servers)
        {
            await Eventually.ObserveAsync(
                () => Task.FromResult(fleet.Metric(server, "announced_servers")), announced => announced == servers.Length);
        }
    }

    /// <summary>Returns when each agent has a tunnel to each of its two servers, and to no other one, and all servers know of them.</summary>
    private static async Task WaitForHashAsync(FleetFixture fleet, params int[] servers)
    {
        var ids = servers.Select(static s => $"hub-{s}").ToArray();
        var expected = string.Join('\n', servers.Select(s => $"hub-{s}: {string.Join(' ', Clusters
            .Where(c => RendezvousHash.First(c, ids, static id => id, FanOut).Contains($"hub-{s}")))}"));
        await Eventually.ObserveAsync(
            () => Task.FromResult(string.Join('\n', servers.Select(s => $"hub-{s}: {string.Join(' ', fleet.Servers[s]!.Agents.Tunnels
                .Select(static t => t.Agent.Id).Order(StringComparer.Ordinal))}"))),
            found => found == expected);
        await fleet.WaitForMapsAsync();
    }

    private static async Task ReachAllAsync(FleetFixture fleet, FanOutTraffic traffic, params int[] servers)
    {
        foreach (var kind in (FrontendKind[])[FrontendKind.GrpcTls, FrontendKind.ConnectTls, FrontendKind.LaneTls])
        {
            foreach (var server in servers)
            {
                var client = fleet.Client(kind, server);
                foreach (var cluster in Clusters)
                {
                    await traffic.DialAsync(client, cluster).DefaultTimeout();
                }
            }
        }
    }
}
