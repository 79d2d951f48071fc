using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Routing;

public sealed class DialRouterTests
{
    [Fact]
    public async Task Dial_TunnelEndsWhileWaiting_IsRetriedOnAnother()
    {
        await using var server = await TestServer.StartAsync();
        var agents = new[] { await server.ConnectAgentAsync("a"), await server.ConnectAgentAsync("b") };
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dials = agents.Select(a => a.TakeDialAsync()).ToArray();
        var first = await Task.WhenAny(dials).DefaultTimeout();
        var other = dials[0] == first ? 1 : 0;

        await agents[1 - other].DisposeAsync();
        var retried = await dials[other].DefaultTimeout();

        Assert.NotEqual((await first).Random, retried.Random);
        await agents[other].SendAsync(PacketFactory.DialResponse(retried.Random, 1));
        Assert.Equal(7, (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Random);
        Assert.Equal(0, server.DialFailures("backend_close"));
        await server.Log.Log.WaitForAsync("DialRetried").DefaultTimeout();
    }

    [Fact]
    public async Task Dial_LastTunnelEnds_FailsAtOnce()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        await agent.TakeDialAsync();

        await agent.DisposeAsync();

        Assert.NotEqual("", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal(1, server.DialFailures("backend_close"));
    }

    [Fact]
    public async Task Dial_NoAnswer_FailsAtTheDeadlineAndTellsTheAgent()
    {
        await using var server = await TestServer.StartAsync(o => o with { BackendDialTimeout = TimeSpan.FromMilliseconds(50) });
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();

        Assert.Equal("timed out waiting for backend dial", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal(dial.Random, (await agent.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        Assert.Equal(1, server.DialFailures("backend_dial_timeout"));
        Assert.False(Assert.Single(server.Host.Agents.Tunnels).IsRetired);
    }

    [Fact]
    [Trait("Spec", "7.30")]
    public async Task Dial_AgentTakesNothing_TimesOutAndRetiresItsTunnel()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            Mode = FrontendMode.Auto,
            BackendDialTimeout = TimeSpan.FromMilliseconds(300),
        });
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        var id = await frontend.DialAsync();
        await accepted;

        // The scripted agent reads no more; its window and every buffer on the way to it fill up.
        var tunnel = Assert.Single(server.Host.Agents.Tunnels);
        var upload = UploadForeverAsync(frontend, id);
        await Eventually.ObserveAsync(() => Task.FromResult(tunnel.BlockedFor > TimeSpan.FromMilliseconds(10)));
        await Eventually.ObserveAsync(
            () => Task.FromResult(server.Metric("konnectivity_network_proxy_server_full_receive_channels").Value(("service_method", "Proxy"))),
            static stalled => stalled == 1);

        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        var result = await client.ReadRefusalAsync();

        Assert.Equal(504, result.Status);
        Assert.True(tunnel.IsRetired);
        Assert.True(tunnel.IsDraining);
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.IsEmpty));
        Assert.Equal(0, tunnel.PendingDialCount);
        Assert.Equal(0, tunnel.ConnectionCount);
        await frontend.HearAsync(PacketType.CloseRsp);
        await frontend.DisposeAsync();
        await upload;
        server.Log.Allow("CallFailed");
    }

    [Fact]
    public async Task Dial_TooManyPending_IsRefusedAndOthersGoOn()
    {
        await using var server = await TestServer.StartAsync(o => o with { MaxPendingDials = 2 });
        var agent = await server.ConnectAgentAsync();
        var waiting = new List<ScriptedPeer>();
        for (var i = 0; i < 2; i++)
        {
            waiting.Add(await server.OpenFrontendAsync());
            await waiting[i].SendAsync(PacketFactory.DialRequest("tcp", $"target:{i}", i));
        }

        // Streams of their own arrive in any order.
        var dial = await agent.TakeDialAsync();
        await agent.TakeDialAsync();
        var answered = waiting[int.Parse(dial.Address["target:".Length..])];
        var refused = await server.OpenFrontendAsync();
        await refused.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));

        Assert.Contains("too many dials", (await refused.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 1));
        await answered.HearAsync(PacketType.DialRsp);
        await refused.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 8));
        await agent.TakeDialAsync();
    }

    [Fact]
    public async Task Dial_BuffersFull_IsRefused()
    {
        await using var server = await TestServer.StartAsync(o => o with { BufferBudget = 0 });
        await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));

        Assert.Contains("buffers are full", (await frontend.HearAsync(PacketType.DialRsp)).Message!.DialResponse.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dials_CancelledAtAnyMoment_LeaveNothing()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var answering = AnswerForeverAsync(agent);
        var random = new Random(11);
        var frontends = new List<Task>();
        for (var i = 0; i < 200; i++)
        {
            frontends.Add(DialAndLeaveAsync(server, random.Next(5)));
        }

        await Task.WhenAll(frontends).DefaultTimeout();
        await server.ShouldBecomeEmptyAsync();
        await agent.DisposeAsync();
        await answering;
    }

    private static async Task DialAndLeaveAsync(TestServer server, int moment)
    {
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        switch (moment)
        {
            case 0:
                break;
            case 1:
                await frontend.SendAsync(PacketFactory.CloseDial(7));
                break;
            case 2:
                await frontend.Call.CompleteOutputAsync();
                break;
            case 3:
                await frontend.HearAsync(PacketType.DialRsp);
                break;
            default:
                var id = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.ConnectID;
                await frontend.SendAsync(PacketFactory.CloseRequest(id));
                await frontend.HearAsync(PacketType.CloseRsp);
                break;
        }

        await frontend.DisposeAsync();
    }

    private static async Task AnswerForeverAsync(ScriptedPeer agent)
    {
        try
        {
            for (var connectId = 1; await agent.HearAsync() is { } packet;)
            {
                switch (packet.Type)
                {
                    case PacketType.DialReq:
                        await agent.SendAsync(PacketFactory.DialResponse(packet.Message!.DialRequest.Random, connectId++));
                        break;
                    case PacketType.CloseReq:
                        await agent.SendAsync(PacketFactory.CloseResponse(packet.CloseRequest.ConnectID));
                        break;
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or HttpRequestException or GrpcException)
        {
            // The test is over.
        }
    }

    private static async Task UploadForeverAsync(ScriptedPeer frontend, long id)
    {
        try
        {
            while (true)
            {
                await frontend.WriteDataAsync(id, new byte[64 * 1024]);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException or HttpRequestException)
        {
            // The stream ended.
        }
    }
}
