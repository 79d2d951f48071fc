using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

public sealed class StallTests
{
    private static ServerOptions Impatient(ServerOptions options) => options with
    {
        Mode = FrontendMode.Auto,
        ConnectionBufferSize = 64 * 1024,
        ConnectionStallLimit = TimeSpan.FromMilliseconds(200),
    };

    [Fact]
    [Trait("Spec", "7.27")]
    public async Task GrpcFrontend_ThatDoesNotRead_LosesItsConnectionAndNobodyElseDoes()
    {
        await using var server = await TestServer.StartAsync(Impatient);
        var agent = await server.ConnectAgentAsync();
        var slow = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await slow.DialAsync();
        await accepted;
        var quick = await server.OpenFrontendAsync();
        accepted = agent.AcceptAsync(2);
        await quick.DialAsync();
        await accepted;

        await FloodUntilClosedAsync(agent, 1);
        await agent.SendDataAsync(2, "fine"u8.ToArray());

        Assert.Equal("fine"u8.ToArray(), (await quick.HearAsync(PacketType.Data)).Payload);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.GrpcCount), count => count == 1);
        Assert.Equal(1, server.EstablishedCount);
        Assert.Equal(1, server.Metric("clusterproxy_server_connection_closes_total").Value(("reason", "stalled")));
        Assert.True(server.Metric("clusterproxy_server_stalls_total").Value() > 0);
        Assert.Equal(0, server.Metric("konnectivity_network_proxy_server_full_receive_channels").Value(("service_method", "Connect")));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ConnectClient_ThatDoesNotRead_LosesItsConnectionAndNobodyElseDoes(bool tcp)
    {
        await using var server = await TestServer.StartAsync(Impatient, tcp: tcp);
        var agent = await server.ConnectAgentAsync();
        await using var slow = await server.DialFrontendAsync();
        await slow.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await slow.ReadTextAsync(RawHttp.Established.Length);
        var quick = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        await quick.DialAsync();
        await accepted;

        await FloodUntilClosedAsync(agent, 1);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await agent.SendDataAsync(2, "fine"u8.ToArray());

        Assert.Equal("fine"u8.ToArray(), (await quick.HearAsync(PacketType.Data)).Payload);
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.ConnectCount), count => count == 0);
    }

    [Fact]
    public async Task Frontend_ThatDoesNotReadWhenTheAgentLeaves_IsFreed()
    {
        await using var server = await TestServer.StartAsync(o => Impatient(o) with { ConnectionBufferSize = 4 * 1024 * 1024 });
        var agent = await server.ConnectAgentAsync();
        var slow = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await slow.DialAsync();
        await accepted;
        for (var i = 0; i < 32; i++)
        {
            await agent.SendDataAsync(1, new byte[64 * 1024]);
        }

        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels[0].QueuedBytes), queued => queued > 0);
        await agent.DisposeAsync();

        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.GrpcCount), count => count == 0);
    }

    [Fact]
    public async Task Frontend_ThatLeavesWhileItsBytesWait_IsNoticed()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        var id = await frontend.DialAsync();
        await accepted;
        var upload = UploadForeverAsync(frontend, id);
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.StalledCount), count => count == 1);

        await frontend.DisposeAsync();
        await upload;

        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.GrpcCount), count => count == 0);
    }

    [Fact]
    public async Task Agent_ThatNeverAnswersCloseRequest_DoesNotKeepItsFrontend()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time: time);
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        var id = await frontend.DialAsync();
        await accepted;

        await frontend.SendAsync(PacketFactory.CloseRequest(id));
        await agent.HearAsync(PacketType.CloseReq);
        time.Advance(TimeSpan.FromSeconds(11));

        Assert.Equal(id, (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.ConnectID);
        Assert.Equal(0, server.EstablishedCount);
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

    private static async Task FloodUntilClosedAsync(ScriptedPeer agent, long connectId)
    {
        var closed = agent.HearAsync(PacketType.CloseReq);
        var sent = 0;
        while (!closed.IsCompleted && sent < 100 * 1024 * 1024)
        {
            await agent.SendDataAsync(connectId, new byte[64 * 1024]);
            sent += 64 * 1024;
        }

        Assert.Equal(connectId, (await closed).CloseRequest.ConnectID);
    }
}
