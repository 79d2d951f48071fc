using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>Dials of the SDK whose way to the server breaks before the server has answered.</summary>
public sealed class RepeatedDialTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task Dial_WhoseWayIsCutBeforeItsAnswer_IsMadeOnAnother(FrontendKind kind)
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        var dialing = fixture.Client(kind).ConnectAsync("target:1");
        var first = await agent.TakeDialAsync();
        if (kind == FrontendKind.LaneTls)
        {
            // A lane that is still being opened would be cut as well, and with it the second dial that had begun to wait for it.
            await Eventually.ObserveAsync(() => Task.FromResult(fixture.Server.Frontends.LaneCount == 2));
        }

        fixture.FrontendRelay.Cut();

        // The server gives the first one up, and the second comes, in whichever order.
        HeardPacket[] next = [await HearAsync(), await HearAsync()];
        Assert.Equal(first.Random, Assert.Single(next, static p => p.Type == PacketType.DialCls).Message!.CloseDial.Random);
        var second = Assert.Single(next, static p => p.Type == PacketType.DialReq).Message!.DialRequest;
        await agent.SendAsync(PacketFactory.DialResponse(second.Random, connectId: 5));
        var stream = await dialing.DefaultTimeout();
        await agent.SendDataAsync(5, "here"u8.ToArray());
        await stream.ReadExactlyAsync(new byte[4]).DefaultTimeout();
        var closing = stream.DisposeAsync();
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await closing.DefaultTimeout();

        // An agent that says nothing for long, as this one does on a busy machine, is asked whether it is there.
        async Task<HeardPacket> HearAsync()
        {
            while (true)
            {
                var packet = (await agent.HearAsync())!;
                if (packet.Type != PacketType.CloseReq)
                {
                    return packet;
                }
            }
        }
    }
}
