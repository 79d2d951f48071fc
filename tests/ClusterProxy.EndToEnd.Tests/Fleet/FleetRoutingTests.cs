using System.Security.Cryptography;
using ClusterProxy.Client;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server;
using ClusterProxy.Server.Agents.Identity;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Agents have tunnels with two of three servers, and frontends come to any.</summary>
public sealed class FleetRoutingTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

    private static readonly string[] Clusters = ["alpha", "beta", "gamma"];

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    [InlineData(FrontendKind.LaneUnix)]
    public async Task EveryServer_ReachesEveryCluster(FrontendKind kind)
    {
        var fleet = await StartAsync();
        for (var server = 0; server < 3; server++)
        {
            var client = fleet.Client(kind, server);
            foreach (var cluster in Clusters)
            {
                await using var stream = await client.ConnectAsync($"{cluster}:1").DefaultTimeout();
                await EchoAsync(stream, cluster);
            }

            // Of three clusters each server has two.
            Assert.Equal(1, fleet.Metric(server, "forwarded_dials_total", ("result", "connected")));
            Assert.Equal(3, fleet.Metric(server, "dials_total", ("result", "connected"), ("frontend", NameOf(kind))));
            Assert.Equal(2, fleet.Metric(server, "peers", ("state", "connected")));
        }
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task Megabytes_AndAnEndOfOneDirection_PassOverTheHop(FrontendKind kind)
    {
        const int Length = 8 * 1024 * 1024;
        var target = Own(new HalfCloseEchoTarget());
        var fleet = Own(await FleetFixture.StartAsync());
        await fleet.StartAgentAsync("alpha", target.Address, 1, 2);
        await using var stream = await fleet.Client(kind, 0).ConnectAsync("alpha:1").DefaultTimeout();
        var bytes = SeededRandom.Create(Output.WriteLine).NextBytes(Length);

        var sending = SendAsync();
        using var all = new MemoryStream();
        await stream.CopyToAsync(all).DefaultTimeout();
        await sending;

        Assert.Equal(SHA256.HashData(bytes), SHA256.HashData(all.ToArray()));
        Assert.Equal(Length, fleet.Metric(0, "forwarded_bytes_total", ("direction", "to_target")));
        Assert.Equal(Length, fleet.Metric(0, "forwarded_bytes_total", ("direction", "to_frontend")));

        async Task SendAsync()
        {
            await stream.WriteAsync(bytes).DefaultTimeout();
            await stream.FlushAsync().DefaultTimeout();
            stream.CompleteWrites();
        }
    }

    [Fact]
    public async Task Errors_ReadAsIfTheAgentWereHere()
    {
        var fleet = Own(await FleetFixture.StartAsync());
        var refusing = Own(new RefusingPort());
        await fleet.StartAgentAsync("alpha", refusing.Address, 1, 2);

        foreach (var address in (string[])["alpha:1", "unknown:1", "alpha:port"])
        {
            var texts = new List<string>();
            for (var server = 0; server < 3; server++)
            {
                var frontend = await fleet.OpenScriptedFrontendAsync(server);
                await frontend.SendAsync(PacketFactory.DialRequest("tcp", address, 7));
                texts.Add((await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
            }

            Assert.NotEqual("", texts[0]);
            Assert.Single(texts.Distinct(StringComparer.Ordinal));
        }

        Assert.Equal(2, fleet.Metric(0, "forwarded_dials_total", ("result", "error_response")));
    }

    [Fact]
    public async Task Audit_OfBothServers_HasOneIdAndOneTrace_AndTheFirstSaysWhoAskedAndWhoDialled()
    {
        var audits = Enumerable.Range(0, 3).Select(_ => Own(new AuditFile())).ToArray();
        var fleet = await StartAsync((options, server) => audits[server].Use(options));
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        var request = PacketFactory.DialRequest("tcp", "beta:1", 7, $"00-{Trace}-00f067aa0ba902b7-01");
        await frontend.SendAsync(request);
        var id = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.ConnectID;

        var first = await audits[0].WaitForAsync(("event", "dial"), ("target", "beta:1"));
        var via = AuditFile.Text(first, "via");
        Assert.Contains(via, (string[])["hub-1", "hub-2"]);
        var second = await audits[via == "hub-1" ? 1 : 2].WaitForAsync(("event", "dial"), ("target", "beta:1"));

        Assert.Equal((Trace, Trace), (AuditFile.Text(first, "trace"), AuditFile.Text(second, "trace")));
        Assert.Equal(AuditFile.Text(first, "connection"), AuditFile.Text(second, "connection"));
        Assert.Equal(("agent-beta", "agent-beta"), (AuditFile.Text(first, "agent"), AuditFile.Text(second, "agent")));
        Assert.Equal(("frontend", "grpc"), (AuditFile.Text(first, "plane"), AuditFile.Text(first, "frontend")));
        Assert.Equal(("peer", "peer"), (AuditFile.Text(second, "plane"), AuditFile.Text(second, "frontend")));
        Assert.Contains("cn:client", first.GetProperty("subject").GetRawText(), StringComparison.Ordinal);
        Assert.Contains("uri:spiffe://hub/server/hub-0", second.GetProperty("subject").GetRawText(), StringComparison.Ordinal);

        await frontend.SendDataAsync(id, new byte[300]);
        await frontend.HearAsync(PacketType.Data);
        await frontend.SendAsync(PacketFactory.CloseRequest(id));
        await frontend.HearAsync(PacketType.CloseRsp);
        await audits[0].WaitForAsync(
            ("event", "close"), ("target", "beta:1"), ("reason", "frontend_closed"), ("via", via), ("bytesToTarget", "300"), ("bytesToFrontend", "300"));
        await audits[via == "hub-1" ? 1 : 2].WaitForAsync(
            ("event", "close"), ("target", "beta:1"), ("reason", "frontend_closed"), ("bytesToTarget", "300"), ("bytesToFrontend", "300"));
    }

    [Fact]
    public async Task Agents_AreToldAsDraining_AndAnotherServersIsTaken()
    {
        var fleet = Own(await FleetFixture.StartAsync());
        var old = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        var young = await fleet.ConnectScriptedAgentAsync(2, "alpha", "host=alpha");
        await old.SendAsync(PacketFactory.Drain());
        await Eventually.ObserveAsync(() => Task.FromResult(
            fleet.Servers[0]!.Fleet!.Peers.Lanes.Sum(static l => l.Tunnels.Tunnels.Count(static t => t.Draining))), static draining => draining == 1);

        for (var i = 1; i <= 10; i++)
        {
            var accepting = young.AcceptAsync(i);
            await (await fleet.OpenScriptedFrontendAsync(0)).DialAsync("alpha:1");
            await accepting;
        }
    }

    [Fact]
    public async Task RightToACluster_IsKeptOverTheHop()
    {
        using var folder = new TemporaryDirectory();
        var policy = folder.File("policy.yaml");
        await File.WriteAllTextAsync(policy, "rules:\n- subjects: [\"*\"]\n  clusters: [alpha]\n");
        var fleet = Own(await FleetFixture.StartAsync(servers: 2, (o, server) => o with
        {
            ProxyStrategies = [ProxyStrategy.Default],
            AgentIdentity = AgentIdentityMode.Certificate,
            FrontendPolicy = server == 0 ? policy : "",
        }));
        var beta = await fleet.ConnectScriptedAgentAsync(1, "beta", "host=beta");
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:443", 7));
        Assert.Equal("No agent available", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        await RedTeam.AttackTable.ShouldBeSeenAsync(Output, fleet.Log.Log, null, new MetricsPage(fleet.Servers[0]!.HealthPort));

        var alpha = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        for (var i = 1; i <= 10; i++)
        {
            var accepting = alpha.AcceptAsync(i);
            await (await fleet.OpenScriptedFrontendAsync(0)).DialAsync("alpha:443");
            await accepting;
        }

        Assert.Equal(0, fleet.Servers[1]!.Agents.Tunnels.Single(static t => t.Agent.Cluster == "beta").ConnectionCount);
        Assert.NotNull(beta);
    }

    [Fact]
    public async Task Servers_KnownByAddressOnly_FindEachOther_AndThemselves()
    {
        var fleet = Own(await FleetFixture.StartAsync(nameIds: false));
        await fleet.StartAgentAsync("alpha", Own(new EchoTarget()).Address, 1, 2);
        await using var stream = await fleet.Client(FrontendKind.GrpcTls, 0).ConnectAsync("alpha:1").DefaultTimeout();
        await EchoAsync(stream, "alpha");

        await Eventually.ObserveAsync(() => Task.FromResult(fleet.Metric(0, "peers", ("state", "wanted"))), static wanted => wanted == 2);
        Assert.Equal(
            ["hub-1", "hub-2"], fleet.Servers[0]!.Fleet!.Peers.Lanes.Select(static l => l.ServerId).Order(StringComparer.Ordinal));
    }

    private static string NameOf(FrontendKind kind) => FrontendCases.IsConnect(kind) ? "http-connect" : FrontendCases.IsLane(kind) ? "lane" : "grpc";

    private static async Task EchoAsync(TunnelStream stream, string text)
    {
        await stream.WriteAsync(System.Text.Encoding.ASCII.GetBytes(text)).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
        var back = new byte[text.Length];
        await stream.ReadExactlyAsync(back).DefaultTimeout();
        Assert.Equal(text, System.Text.Encoding.ASCII.GetString(back));
    }

    private async Task<FleetFixture> StartAsync(Func<ServerOptions, int, ServerOptions>? configure = null)
    {
        var fleet = Own(await FleetFixture.StartAsync(configure: configure));
        for (var i = 0; i < 3; i++)
        {
            await fleet.StartAgentAsync(Clusters[i], Own(new EchoTarget()).Address, i, (i + 1) % 3);
        }

        return fleet;
    }
}
