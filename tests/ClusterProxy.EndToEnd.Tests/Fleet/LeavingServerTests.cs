using System.Net;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>A server that leaves, while its agents are found nowhere else yet.</summary>
public sealed class LeavingServerTests(ITestOutputHelper output) : TunnelTest(output)
{
    private readonly TestCertificates _peers = new("servers");

    [Fact]
    public async Task Agent_OfALeavingServer_IsReachedThroughIt_WhileNoOtherServerHasIt()
    {
        var fleet = Own(await FleetFixture.StartAsync());
        var agent = await fleet.ConnectScriptedAgentAsync(1, "alpha", "host=alpha");
        var running = await DialAsync(fleet, agent, connectId: 1);

        // What runs over it lasts, and so does the lane.
        var leaving = fleet.Servers[1]!.ShutdownAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(
            fleet.Servers[0]!.Fleet!.Peers.Lanes.Any(static l => l is { ServerId: "hub-1", IsDraining: true })));
        var late = await DialAsync(fleet, agent, connectId: 2);

        foreach (var (connection, id) in (((ScriptedPeer, long), long)[])[(running, 1), (late, 2)])
        {
            await connection.Item1.SendAsync(PacketFactory.CloseRequest(connection.Item2));
            await agent.HearAsync(PacketType.CloseReq);
            await agent.SendAsync(PacketFactory.CloseResponse(id));
            await connection.Item1.HearAsync(PacketType.CloseRsp);
        }

        await leaving.DefaultTimeout();
        await fleet.StopServerAsync(1);
    }

    /// <summary>Here time stands still until the test moves it, so that nothing ends because of it.</summary>
    [Fact]
    public async Task Lane_OfAnotherServer_IsToldAtOnce_AndEndsWhenTheAgentsHaveHadTheirTime()
    {
        Own(_peers);
        var time = new ManualTime();
        var certificate = _peers.Peer("hub-0");
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Time = time,
            Server = o => o with
            {
                ServerId = "hub-0",
                Peers = [new FleetServer("hub-9", "127.0.0.1", FreePorts.Shared.Next())],
                PeerPort = 0,
                PeerBindAddress = IPAddress.Loopback,
                PeerCert = certificate.CertificateFile,
                PeerKey = certificate.KeyFile,
                PeerCaCert = _peers.AuthorityFile,
            },
        });
        await using var agent = await fixture.ConnectScriptedAgentAsync("alpha", "host=alpha");
        await using var lane = new ScriptedLane(await Sockets.ConnectTlsAsync(
            fixture.Server.Fleet!.Port, _peers, _peers.Peer("hub-9"), LaneProtocol.PeerAlpn.ToString()));
        Assert.Equal("", (await lane.OpenAsync("hub-9")).Error);

        var leaving = fixture.Server.ShutdownAsync();
        await lane.HearAsync(PacketType.Drain);
        var request = PacketFactory.DialRequest("tcp", "alpha:1", 7);
        request.DialRequest.Forwarding = new Forwarding { Server = "hub-9" };
        await lane.SendAsync(request);
        var dial = await agent.TakeDialAsync();
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, "refused"));
        Assert.Equal("refused", (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.False(leaving.IsCompleted);

        // Nobody has said that the agent is elsewhere.
        var ended = lane.HearEndAsync();
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(ended.IsCompleted && leaving.IsCompleted);
        });
        await ended;
        await leaving;
    }

    private static async Task<(ScriptedPeer Frontend, long Id)> DialAsync(FleetFixture fleet, ScriptedPeer agent, long connectId)
    {
        var frontend = await fleet.OpenScriptedFrontendAsync(0);
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "alpha:1", 7));
        await agent.AcceptAsync(connectId);
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal("", answer.Error);
        return (frontend, answer.ConnectID);
    }
}
