using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;
using PacketType = ClusterProxy.Protocol.Messages.PacketType;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>Packets that cross the end of their connection or dial, as happens to everybody: nobody is accused of them.</summary>
public sealed class LatePacketTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task PacketsOfALane_BehindTheEndOfItsConnectionOrDial_AreLate_AndHaveNoLine()
    {
        var fixture = await StartAsync(Setup());
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        await using var lane = new ScriptedLane(await Sockets.ConnectTlsAsync(
            fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client(), LaneProtocol.Alpn.ToString()));
        Assert.Equal("", (await lane.OpenAsFrontendAsync()).Error);
        var accepting = agent.AcceptAsync(5);
        var id = await lane.DialAsync("10.0.0.1:1", 7);
        await accepting;
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await lane.HearAsync(PacketType.CloseRsp);

        await lane.SendAsync(
            PacketFactory.CloseDial(7), PacketFactory.Credit(id, 1), PacketFactory.HalfClose(id), PacketFactory.CloseRequest(id));
        await lane.SendDataAsync(id, new byte[1]);

        await ShouldBeLateAsync(fixture, 5, "from_client");
    }

    [Fact]
    public async Task PacketsOfAStream_BehindTheEndOfItsConnection_AreLate_AndHaveNoLine()
    {
        var fixture = await StartAsync(Setup());
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        var accepting = agent.AcceptAsync(5);
        var id = await frontend.DialAsync("10.0.0.1:1");
        await accepting;
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await frontend.HearAsync(PacketType.CloseRsp);

        await frontend.SendAsync(PacketFactory.CloseRequest(id));

        await ShouldBeLateAsync(fixture, 1, "from_client");
    }

    [Fact]
    public async Task AnswerOfAnAgent_ToADialThatWasGivenUp_IsLate_AndSoIsWhatComesOfIt()
    {
        var fixture = await StartAsync(Setup());
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "10.0.0.1:1", 7));
        var dial = await agent.TakeDialAsync();
        await frontend.SendAsync(PacketFactory.CloseDial(7));
        await agent.HearAsync(PacketType.DialCls);

        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        await agent.SendDataAsync(5, new byte[1]);
        await agent.SendAsync(PacketFactory.CloseResponse(5));

        await ShouldBeLateAsync(fixture, 3, "from_agent");

        // As upstream counts it.
        Assert.Equal(1, await fixture.DialFailuresAsync("unrecognized_response"));
    }

    private static TunnelSetup Setup() => new() { Agents = 0, Server = static o => o with { ProxyStrategies = [Server.ProxyStrategy.Default] } };

    private static async Task ShouldBeLateAsync(TunnelFixture fixture, int packets, string segment)
    {
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, packets, ("segment", segment), ("reason", "late"));
        Assert.Equal(packets, await fixture.ServerMetrics.ValueAsync(ServerMetric.PacketsRefused));
        Assert.DoesNotContain(fixture.Log.Records, static r => r.EventName is "PacketRefused" or "PacketsRefused");
    }
}
