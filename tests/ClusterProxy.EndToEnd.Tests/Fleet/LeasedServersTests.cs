using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Testing.KubernetesApi;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Servers that know of each other by their leases only, by a clock that the test moves.</summary>
public sealed class LeasedServersTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Servers = 4;

    private readonly ManualTime _time = new();
    private TestApiServer _api = null!;

    private FakeKubernetesApi Api => _api.Api;

    [Fact]
    public async Task Servers_FindEachOther_ForwardDials_AndFollowWhoComesLeavesAndDies()
    {
        var fleet = await StartAsync(started: 3);
        await WaitForSetAsync(fleet, 0, 1, 2);
        var agent = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha", "servers");
        var headers = await agent.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        Assert.Equal(Set(fleet, 0, 1, 2), ServerSet.FromHeader(Assert.Single(headers.GetValues("clusterproxy-servers-bin"))));

        // At a server that does not have the agent.
        var accepting = agent.AcceptAsync(1);
        await (await fleet.OpenScriptedFrontendAsync(0)).DialAsync("alpha:1");
        await accepting;
        Assert.Equal(1, fleet.Metric(0, "forwarded_dials_total", ("result", "connected")));

        // One comes, and its lease is enough.
        await fleet.StartServerAsync(3);
        await WaitForSetAsync(fleet, 0, 1, 2, 3);
        await fleet.WaitForPeersAsync();
        Assert.Equal(Set(fleet, 0, 1, 2, 3), ServerSet.From((await agent.HearAsync(PacketType.Servers)).Message!.Servers));

        // One leaves, and takes its lease with it.
        await fleet.StopServerAsync(2);
        await WaitForSetAsync(fleet, 0, 1, 3);
        Assert.Equal(Set(fleet, 0, 1, 3), ServerSet.From((await agent.HearAsync(PacketType.Servers)).Message!.Servers));

        // One is killed: its lease is still there, and must expire.
        Api.Forbidden = static r => r.Method == "DELETE";
        await fleet.StopServerAsync(3);
        Api.Forbidden = static _ => false;
        Assert.NotNull(Lease(3));
        Assert.Equal(3, fleet.Metric(0, "announced_servers"));
        var expiry = RenewTime(3).AddSeconds(30);
        await PassUntilAsync(() => Known(fleet, 0) == "2,1" && Known(fleet, 1) == "2,1");
        Assert.True(_time.GetUtcNow() >= expiry, $"{_time.GetUtcNow():O} is before {expiry:O}");
    }

    [Fact]
    public async Task ApiServerThatIsGone_LeavesTheSetAsItWas_AndSoDoesItsReturn()
    {
        var gone = false;
        var fleet = await StartAsync(started: 3);
        await WaitForSetAsync(fleet, 0, 1, 2);
        await PassUntilAsync(() => Ages(fleet).Min() >= 0);
        Api.Faults.Break(_ => Volatile.Read(ref gone), int.MaxValue);
        var told = Told(fleet);

        Volatile.Write(ref gone, true);
        Api.BreakWatches();
        await PassUntilAsync(() => Ages(fleet).Min() > 90, step: 3);

        Assert.Equal("3,2", Known(fleet, 0));
        Assert.Contains(fleet.Log.Records, static r => r.EventName == "LeaseRenewalFailed");
        Assert.Contains(fleet.Log.Records, static r => r.EventName == "WatchFailed");

        // All leases have expired, and those who live have had no time yet to renew them.
        Volatile.Write(ref gone, false);
        await PassUntilAsync(() => Ages(fleet).Max() < 16);
        var back = _time.GetUtcNow();
        await PassUntilAsync(() => _time.GetUtcNow() > back.AddSeconds(40), step: 2);
        Assert.Equal(told, Told(fleet));
        Assert.Equal("3,2", Known(fleet, 2));
    }

    [Fact]
    public async Task ServerWhoseLeaseIsGone_GetsNoMoreDials_AndKeepsItsConnections()
    {
        var fleet = await StartAsync(started: 2);
        await WaitForSetAsync(fleet, 0, 1);
        await fleet.WaitForPeersAsync();
        var agent = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        var accepting = agent.AcceptAsync(1);
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.DialAsync("alpha:1");
        await accepting;

        // It lives.
        var lease = Lease(1)!.ToJsonString();
        Api.Delete("leases", "kube-system", "konnectivity-proxy-server-hub-1");
        await Eventually.ObserveAsync(() => Task.FromResult(fleet.Metric(0, "peers", ("state", "wanted"))), static wanted => wanted == 0);
        var late = await fleet.OpenScriptedFrontendAsync(0);
        await late.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 8));
        Assert.Contains("No agent available", (await late.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        Assert.Equal(1, fleet.Metric(0, "forwarded_connections"));

        // The server is a peer again, beside the lane that still carries the connection.
        Api.Put(lease);
        await Eventually.ObserveAsync(() => Task.FromResult(fleet.Metric(0, "peer_tunnels")), static known => known == 1);
        accepting = agent.AcceptAsync(2);
        await (await fleet.OpenScriptedFrontendAsync(0)).DialAsync("alpha:1");
        await accepting;
        Assert.Equal(2, fleet.Metric(0, "forwarded_connections"));
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await frontend.HearAsync(PacketType.CloseRsp);
        await agent.SendAsync(PacketFactory.CloseResponse(2));
        await Eventually.ObserveAsync(() => Task.FromResult(fleet.Metric(0, "forwarded_connections")), static left => left == 0);
    }

    [Fact]
    public async Task LeaseOfAStranger_MakesNoServerOfHim()
    {
        var fleet = await StartAsync(started: 2);
        await WaitForSetAsync(fleet, 0, 1);
        await fleet.WaitForPeersAsync();

        // Somebody answers there, with a certificate of another authority.
        Api.Put($$$"""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease",
             "metadata":{"name":"konnectivity-proxy-server-mallory","namespace":"kube-system","labels":{"k8s-app":"konnectivity-server"},
               "annotations":{"clusterproxy.io/peer-address":"127.0.0.1:{{{fleet.Options[1].AgentPort}}}"}},
             "spec":{"holderIdentity":"mallory","leaseDurationSeconds":30,"renewTime":"{{{_time.GetUtcNow():yyyy-MM-ddTHH:mm:ss.ffffffZ}}}"} }
            """);

        await fleet.Log.Log.WaitForAsync(static r => r.EventName == "PeerUnreachable"
            && $"{r.Values["Address"]}".StartsWith("mallory=", StringComparison.Ordinal)).DefaultTimeout();
        await RedTeam.AttackTable.ShouldBeSeenAsync(Output, fleet.Log.Log, null, new MetricsPage(fleet.Servers[0]!.HealthPort));
        Assert.Equal(2, fleet.Metric(0, "peers", ("state", "wanted")));
        Assert.Equal("hub-1", Assert.Single(fleet.Servers[0]!.Fleet!.Peers.Lanes).ServerId);
    }

    private async Task<FleetFixture> StartAsync(int started)
    {
        _api = Own(await TestApiServer.StartAsync());
        var ports = FreePorts.Shared.Next(Servers);
        return Own(await FleetFixture.StartAsync(
            Servers,
            (o, server) => o with
            {
                Peers = [],
                PeersLeases = $"127.0.0.1:{o.PeerPort}",
                ServersLeases = $"127.0.0.1:{ports[server]}",
                AgentPort = ports[server],
                EnableLeaseController = true,
                Kubeconfig = _api.Kubeconfig,
                AgentIdentity = AgentIdentityMode.Certificate,
            },
            started: started,
            time: _time));
    }

    /// <summary>Returns when each of them, and nobody else, tells of all of them and has a link to each other one.</summary>
    private static Task<string> WaitForSetAsync(FleetFixture fleet, params int[] servers) => Eventually.ObserveAsync(
        () => Task.FromResult(string.Join(' ', servers.Select(s => Known(fleet, s)))),
        known => known == string.Join(' ', servers.Select(_ => $"{servers.Length},{servers.Length - 1}")));

    private static string Known(FleetFixture fleet, int server) =>
        $"{fleet.Metric(server, "announced_servers")},{fleet.Metric(server, "peers", ("state", "wanted"))}";

    private static ServerSet Set(FleetFixture fleet, params int[] servers) =>
        new([.. servers.Select(s => new FleetServer($"hub-{s}", "127.0.0.1", fleet.Options[s].AgentPort))]);

    private static int Told(FleetFixture fleet) => fleet.Log.Records.Count(static r => r.EventName == "ServersAnnounced");

    private System.Text.Json.Nodes.JsonObject? Lease(int server) => Api.Find("leases", "kube-system", $"konnectivity-proxy-server-hub-{server}");

    private DateTimeOffset RenewTime(int server) => Lease(server)!["spec"]!["renewTime"]!.GetValue<DateTimeOffset>();

    /// <summary>How old the lease of each of the first three is to itself; -1 for one that has not seen it yet.</summary>
    private static IEnumerable<double> Ages(FleetFixture fleet) => fleet.Servers.Take(3).Select(static s =>
        PrometheusTextParser.Parse(s!.RenderMetrics()).GetValueOrDefault("clusterproxy_server_own_lease_age_seconds")?.Value() ?? -1);

    private Task PassUntilAsync(Func<bool> condition, int step = 1) => Eventually.ObserveAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(step));
        return Task.FromResult(condition());
    });
}
