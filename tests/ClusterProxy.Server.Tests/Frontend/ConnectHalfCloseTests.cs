using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Frontend;

/// <summary>A CONNECT whose two directions do not end together.</summary>
public sealed class ConnectHalfCloseTests
{
    [Fact]
    public async Task Connect_ClientEndsAndAgentKnowsHalfClose_AnswerStillComes()
    {
        await using var server = await StartAsync();
        var (agent, stream) = await ConnectAsync(server);
        await using var client = (NetworkStream)stream;

        client.Socket.Shutdown(SocketShutdown.Send);
        await agent.HearAsync((PacketType)64);
        await agent.SendDataAsync(1, "answer"u8.ToArray());
        await agent.SendAsync(PacketFactory.CloseResponse(1));

        Assert.Equal("answer", await client.ReadToEndAsync());
        await server.ShouldBecomeEmptyAsync();
    }

    [Fact]
    public async Task Connect_TargetEndsAndAgentKnowsHalfClose_ClientGoesOn()
    {
        await using var server = await StartAsync();
        var (agent, stream) = await ConnectAsync(server);
        await using var client = (NetworkStream)stream;

        await agent.SendDataAsync(1, "last"u8.ToArray());
        await agent.SendAsync(PacketFactory.HalfClose(1));
        Assert.Equal("last", await client.ReadToEndAsync());
        await client.SendAsync("more");

        Assert.Equal("more"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
        client.Socket.Shutdown(SocketShutdown.Send);
        await agent.HearAsync(PacketType.HalfClose);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await server.ShouldBecomeEmptyAsync();
    }

    /// <summary>Only RST can say it: the client has had the target's end already, and may stay silent.</summary>
    [Fact]
    public async Task Connect_AgentLostAfterTheTargetsHalfClose_ClientIsReset()
    {
        await using var server = await StartAsync(tcp: true);
        var (agent, stream) = await ConnectAsync(server);
        await using var client = stream;
        await agent.SendAsync(PacketFactory.HalfClose(1));
        Assert.Equal(0, await client.ReadAsync(new byte[1]).AsTask().DefaultTimeout());

        await agent.DisposeAsync();

        await server.ShouldBecomeEmptyAsync();
        await Assert.ThrowsAsync<IOException>(async () =>
        {
            await client.SendAsync("more");
            await client.SendAsync("and more");
        });
    }

    private static Task<TestServer> StartAsync(bool tcp = false) =>
        TestServer.StartAsync(o => o with { Mode = FrontendMode.HttpConnect }, tcp: tcp);

    /// <summary>Both ends of a connection with the id 1.</summary>
    private static async Task<(ScriptedPeer Agent, Stream Client)> ConnectAsync(TestServer server)
    {
        var agent = await server.ConnectAgentAsync(features: "half-close");
        var client = await server.DialFrontendAsync();
        await client.SendAsync(RawHttp.Connect);
        await agent.AcceptAsync(1);
        await client.ReadTextAsync(RawHttp.Established.Length);
        return (agent, client);
    }
}
