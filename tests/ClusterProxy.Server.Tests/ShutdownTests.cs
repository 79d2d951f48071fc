using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

public sealed class ShutdownTests
{
    [Fact]
    public async Task Shutdown_WithConnection_WaitsForItsEndThenEndsEachStreamCleanly()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var idle = await server.OpenFrontendAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Frontends.GrpcCount), count => count == 2);
        var accepted = agent.AcceptAsync(1);
        var id = await frontend.DialAsync();
        await accepted;

        var shutdown = server.Host.ShutdownAsync();
        await server.Log.Log.WaitForAsync("ShutdownStarted").DefaultTimeout();
        Assert.Null(await idle.HearAsync());
        Assert.Equal(GrpcStatusCode.Unavailable, idle.Call.Status().Code);
        Assert.Contains("shutting down", await ReadinessAsync(server), StringComparison.Ordinal);

        await frontend.SendDataAsync(id, "on"u8.ToArray());
        Assert.Equal("on"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
        Assert.False(shutdown.IsCompleted);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        Assert.Equal("", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        Assert.Null(await frontend.HearAsync());

        Assert.Null(await agent.HearAsync());
        Assert.Equal(GrpcStatusCode.OK, agent.Call.Status().Code);
        await shutdown.DefaultTimeout();
    }

    [Fact]
    public async Task Shutdown_GraceOver_ClosesConnectionsWithAReason()
    {
        await using var server = await TestServer.StartAsync(o => o with
        {
            Mode = FrontendMode.Auto,
            GracefulShutdownTimeout = TimeSpan.FromMilliseconds(100),
        });
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(2);
        await client.ReadTextAsync(RawHttp.Established.Length);
        var dialing = await server.OpenFrontendAsync();
        await dialing.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 9));
        await agent.TakeDialAsync();

        var shutdown = server.Host.ShutdownAsync();
        var closed = new List<long>();
        while (closed.Count < 2)
        {
            if (await agent.HearAsync() is { Type: PacketType.CloseReq } request)
            {
                closed.Add(request.CloseRequest.ConnectID);
                await agent.SendAsync(PacketFactory.CloseResponse(request.CloseRequest.ConnectID));
            }
        }

        Assert.Equal([1L, 2L], closed.Order());
        Assert.Contains(
            "shutting down", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error, StringComparison.Ordinal);
        Assert.Contains(
            "shutting down", (await dialing.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        Assert.Equal("", await client.ReadToEndAsync());
        await shutdown.DefaultTimeout();
        Assert.Equal(2, server.Metric("clusterproxy_server_connection_closes_total").Value(("reason", "shutting_down")));
    }

    [Fact]
    public async Task Shutdown_TellsAgentsThatKnowWhatItIs_AndNobodyElse()
    {
        await using var server = await TestServer.StartAsync();
        var ours = await server.ConnectAgentAsync("ours", features: "drain");
        var upstreams = await server.ConnectAgentAsync("upstreams", features: "half-close");

        var shutdown = server.Host.ShutdownAsync();

        // 20 ms for each of the two.
        Assert.Equal(40, (await ours.HearAsync(PacketType.Drain)).Message!.Drain.Within);
        Assert.Null(await ours.HearAsync());
        Assert.Null(await upstreams.HearAsync());
        Assert.Equal(GrpcStatusCode.OK, upstreams.Call.Status().Code);
        await shutdown.DefaultTimeout();
    }

    [Fact]
    public async Task Shutdown_WithinItsDelay_StillServesWhoComes()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(
            static o => o with { ShutdownDelay = TimeSpan.FromMinutes(1), GracefulShutdownTimeout = TimeSpan.FromMinutes(30) }, time);
        var agent = await server.ConnectAgentAsync();

        var shutdown = server.Host.ShutdownAsync();
        Assert.Contains("shutting down", await ReadinessAsync(server), StringComparison.Ordinal);
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
        Assert.False(shutdown.IsCompleted);

        await agent.SendAsync(PacketFactory.CloseResponse(1));
        Assert.Equal("", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(await frontend.HearAsync());
        await frontend.DisposeAsync();
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(shutdown.IsCompleted);
        });
        await shutdown.DefaultTimeout();
    }

    [Fact]
    public async Task Dispose_WithEverythingOpen_EndsAndLeavesNothing()
    {
        var server = await TestServer.StartAsync(o => o with { Mode = FrontendMode.Auto });
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.TakeDialAsync();

        await server.Host.DisposeAsync().DefaultTimeout();

        Assert.Empty(server.Host.Agents.Tunnels);
        Assert.Equal(0, server.Host.Frontends.GrpcCount + server.Host.Frontends.ConnectCount);
        Assert.Equal(0, server.Host.Router.PendingCount);
        await server.DisposeAsync();
    }

    private static async Task<string> ReadinessAsync(TestServer server)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();
        return await response.Content.ReadAsStringAsync().DefaultTimeout();
    }
}
