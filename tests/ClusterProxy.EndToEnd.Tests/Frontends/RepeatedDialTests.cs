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

        var serving = ServeAsync();
        fixture.FrontendRelay.Cut();

        var stream = await dialing.DefaultTimeout();
        await stream.WriteAsync("here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[4]).DefaultTimeout();
        await stream.DisposeAsync().DefaultTimeout();
        await serving.DefaultTimeout();

        // Until the first dial is given up and the connection is closed. The second dial may be made on a lane that is cut too.
        async Task ServeAsync()
        {
            var (last, isGivenUp, isClosed) = (4L, false, false);
            while (!isGivenUp || !isClosed)
            {
                var packet = (await agent.HearAsync())!;
                switch (packet.Type)
                {
                    case PacketType.DialCls:
                        isGivenUp |= packet.Message!.CloseDial.Random == first.Random;
                        break;
                    case PacketType.DialReq:
                        await agent.SendAsync(PacketFactory.DialResponse(packet.Message!.DialRequest.Random, ++last));
                        break;
                    case PacketType.Data:
                        await agent.SendDataAsync(packet.ConnectId, packet.Payload);
                        break;
                    case PacketType.CloseReq when packet.Message!.CloseRequest.ConnectID is > 0 and var id:
                        await agent.SendAsync(PacketFactory.CloseResponse(id));
                        isClosed |= id == last && dialing.IsCompleted;
                        break;
                    default:
                        // An agent that says nothing for long, as this one does on a busy machine, is asked whether it is there.
                        break;
                }
            }
        }
    }
}
