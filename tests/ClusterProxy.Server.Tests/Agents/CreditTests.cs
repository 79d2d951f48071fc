using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Agents;

public sealed class CreditTests
{
    private const int InitialWindow = 64 * 1024;

    [Fact]
    public async Task Agent_WithinItsCredit_IsGrantedMoreAsTheFrontendReads()
    {
        await using var server = await TestServer.StartAsync();
        var (agent, frontend) = await ConnectAsync(server);

        await agent.SendDataAsync(1, new byte[InitialWindow]);

        Assert.Equal(InitialWindow, (await frontend.HearAsync(PacketType.Data)).Payload.Length);
        var credit = (await agent.HearAsync(PacketType.Credit)).Message!.Credit;
        Assert.Equal((1, InitialWindow), (credit.ConnectID, credit.Bytes));
        Assert.Equal(0, server.Metric("clusterproxy_server_credit_violations_total").Value());
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await frontend.HearAsync(PacketType.CloseRsp);
    }

    [Fact]
    public async Task Agent_PastItsCredit_LosesThatConnectionAndIsCounted()
    {
        await using var server = await TestServer.StartAsync();
        var (agent, frontend) = await ConnectAsync(server);

        await agent.SendDataAsync(1, new byte[InitialWindow + 1]);

        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await frontend.HearAsync(PacketType.CloseRsp);
        Assert.Equal(1, server.Metric("clusterproxy_server_credit_violations_total").Value());
        await frontend.DisposeAsync();
        await server.ShouldBecomeEmptyAsync();
    }

    /// <summary>An agent with credit, and a frontend with the connection 1 through it.</summary>
    private static async Task<(ScriptedPeer Agent, ScriptedPeer Frontend)> ConnectAsync(TestServer server)
    {
        var agent = await server.ConnectAgentAsync(features: "credit");
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
        return (agent, frontend);
    }
}
