using ClusterProxy.Client;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>Servers of a fleet end, at any moment.</summary>
public sealed class FleetFaultTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Server_ThatEndsWhileItDials_IsLeftForTheOtherOwner()
    {
        var fleet = Own(await FleetFixture.StartAsync());
        ScriptedPeer[] agents =
        [
            await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha"), await fleet.ConnectScriptedAgentAsync(2, "alpha", "host=alpha"),
        ];
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        Task<DialRequest>[] dials = [agents[0].TakeDialAsync(), agents[1].TakeDialAsync()];
        var asked = Array.IndexOf(dials, await Task.WhenAny(dials).DefaultTimeout());
        var other = 1 - asked;

        await fleet.StopServerAsync(1 + asked);

        var dial = await dials[other].DefaultTimeout();
        await agents[other].SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal("", answer.Error);
        await frontend.SendDataAsync(answer.ConnectID, "over"u8.ToArray());
        Assert.Equal("over"u8.ToArray(), (await agents[other].HearAsync(PacketType.Data)).Payload);
        await frontend.SendAsync(PacketFactory.CloseRequest(answer.ConnectID));
        await agents[other].HearAsync(PacketType.CloseReq);
        await agents[other].SendAsync(PacketFactory.CloseResponse(5));
        await frontend.HearAsync(PacketType.CloseRsp);
        Assert.Equal(2, fleet.Metric(0, "forwarded_dials_total"));
        Assert.Equal(1, fleet.Metric(0, "forwarded_dials_total", ("result", "connected")));
    }

    /// <summary>A way between two servers that neither is told of.</summary>
    [Fact]
    public async Task DialAtAServerBehindABlackHole_GoesToTheOtherOwner_AndLaterOnesGoThereAtOnce()
    {
        var ways = new Dictionary<int, TcpRelay>();
        var fleet = Own(await FleetFixture.StartAsync(configure: (o, i) => i == 0 ? o with { Peers = [.. o.Peers.Select(Way)] } : o));
        ScriptedPeer[] agents =
        [
            await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha"), await fleet.ConnectScriptedAgentAsync(2, "alpha", "host=alpha"),
        ];
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        Task<HeardPacket>[] dials = [.. agents.Select(static a => a.HearPastProbesAsync(PacketType.DialReq))];
        var asked = Array.IndexOf(dials, await Task.WhenAny(dials).DefaultTimeout());
        var other = agents[1 - asked];

        ways[1 + asked].SetMode(RelayMode.BlackHole);

        await RefuseAsync((await dials[1 - asked]).Message!.DialRequest);
        Assert.Equal(1, fleet.Servers[1 + asked]!.Agents.Tunnels.Single().PendingDialCount);
        for (var i = 0; i < 8; i++)
        {
            frontend = await fleet.OpenScriptedFrontendAsync(0);
            await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 8 + i));
            await RefuseAsync((await other.HearPastProbesAsync(PacketType.DialReq)).Message!.DialRequest);
        }

        // Nobody has cut the way: the server that was asked finds out, too, and takes its dial back.
        await agents[asked].HearPastProbesAsync(PacketType.DialCls);

        FleetServer Way(FleetServer server)
        {
            var relay = Own(new TcpRelay(server.Port));
            ways[ways.Count] = relay;
            return server with { Port = relay.Port };
        }

        async Task RefuseAsync(DialRequest dial)
        {
            await other.SendAsync(PacketFactory.DialResponse(dial.Random, error: "not here"));
            Assert.Equal("not here", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        }
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task Server_ThatIsKilled_CutsWhatRanOverIt_AndIsFoundAgainWhenItComesBack(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fleet = Own(await FleetFixture.StartAsync());
        await fleet.StartAgentAsync("alpha", echo.Address, 1, 2);
        var client = fleet.Client(kind, 0);
        var streams = new List<TunnelStream>();
        for (var i = 0; i < 8; i++)
        {
            streams.Add(await client.ConnectAsync("alpha:1").DefaultTimeout());
            await EchoAsync(streams[i]);
        }

        var through = fleet.Servers[1]!.Fleet!.Served.Lanes.Sum(static l => l.ConnectionCount);
        await fleet.StopServerAsync(1);

        var cut = 0;
        foreach (var stream in streams)
        {
            cut += await IsCutAsync(stream) ? 1 : 0;
            await stream.DisposeAsync().DefaultTimeout();
        }

        Assert.Equal(through, cut);
        await using (var fresh = await client.ConnectAsync("alpha:1").DefaultTimeout())
        {
            await EchoAsync(fresh);
        }

        await fleet.StartServerAsync(1);
        await fleet.WaitForPeersAsync();
        await fleet.WaitForMapsAsync();
        Assert.Equal(2, fleet.Metric(0, "peers", ("state", "connected")));
    }

    /// <summary>Its server is not to keep from anybody what another server can do, whichever of them the dial has come to.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task DialAtASilentTunnel_GoesToTheOtherOwner_AndLaterOnesGoThereAtOnce(int frontendsServer)
    {
        var fleet = Own(await FleetFixture.StartAsync());
        await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha", "ping");
        var frontend = await fleet.OpenScriptedFrontendAsync(frontendsServer);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        await Eventually.ObserveAsync(() => Task.FromResult(fleet.Servers[1]!.Agents.Tunnels.Single().PendingDialCount), static waiting => waiting == 1);
        var other = await fleet.ConnectScriptedAgentAsync(2, "alpha", "host=alpha");

        await AnswerAsync(await other.TakeDialAsync().DefaultTimeout());
        Assert.Single(fleet.Servers[1]!.Agents.Tunnels);
        await Eventually.ObserveAsync(() => Task.FromResult(
            fleet.Servers[0]!.Fleet!.Peers.Lanes.SelectMany(static l => l.Tunnels.Tunnels).Count(static t => t.Draining) == 1));
        for (var i = 0; i < 8; i++)
        {
            frontend = await fleet.OpenScriptedFrontendAsync(frontendsServer);
            await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 8 + i));
            await AnswerAsync(await other.TakeDialAsync().DefaultTimeout());
        }

        async Task AnswerAsync(DialRequest dial)
        {
            await other.SendAsync(PacketFactory.DialResponse(dial.Random, error: "not here"));
            Assert.Equal("not here", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        }
    }

    [Fact]
    public async Task Dial_ThatIsGivenUp_IsGivenUpAtTheAgent()
    {
        var fleet = Own(await FleetFixture.StartAsync(servers: 2));
        var agent = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        var dial = await agent.TakeDialAsync();

        await frontend.SendAsync(PacketFactory.CloseDial(7));

        Assert.Equal(dial.Random, (await agent.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
    }

    [Fact]
    public async Task Agent_ThatDoesNotAnswer_TimesOutAsIfItWereHere()
    {
        var fleet = Own(await FleetFixture.StartAsync(servers: 2, (o, _) => o with { BackendDialTimeout = TimeSpan.FromMilliseconds(200) }));
        var agent = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        await agent.TakeDialAsync();

        Assert.Equal("timed out waiting for backend dial", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        await agent.HearAsync(PacketType.DialCls);
    }

    private static async Task EchoAsync(TunnelStream stream)
    {
        await stream.WriteAsync("here"u8.ToArray()).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[4]).DefaultTimeout();
    }

    private static async Task<bool> IsCutAsync(TunnelStream stream)
    {
        try
        {
            await EchoAsync(stream);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }
}
