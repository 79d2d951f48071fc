using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Endings;

/// <summary>An agent or a server that goes away without a word.</summary>
[Collection(nameof(NodePeers))]
public sealed class AgentLossTests
{
    [SkippableTheory]
    [InlineData(Pairing.OurServerOurAgent)]
    [InlineData(Pairing.NodeServerOurAgent)]
    [InlineData(Pairing.OurServerNodeAgent)]
    [Trait("Spec", "7.14")]
    public async Task Agent_Killed_EndsItsConnectionsAtEveryFrontend(Pairing pairing)
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var topology = await Topology.StartAsync(pairing);
        var connections = new[]
        {
            await (await topology.FrontendAsync(FrontendKind.Node, Transport.UnixSocket)).DialAsync(echo.Address),
            await (await topology.FrontendAsync(FrontendKind.Sdk, Transport.MutualTls)).DialAsync(echo.Address),
        };

        ProcessOf(topology.Agent).Signal(ProgramSignal.Kill);

        // Upstream's wire has an empty CLOSE_RSP for it; our server tells our SDK that it is a cut.
        Assert.Equal((0L, true), await connections[0].ReceiveAsync(1) is var end ? (end.Bytes, end.Ended) : default);
        if (pairing == Pairing.NodeServerOurAgent)
        {
            Assert.True((await connections[1].ReceiveAsync(1)).Ended);
        }
        else
        {
            var cut = await Assert.ThrowsAsync<IOException>(() => connections[1].ReceiveAsync(1));
            Assert.Contains("the tunnel to the agent was lost", cut.Message, StringComparison.Ordinal);
        }

        await echo.Open.WaitForAsync(0).DefaultTimeout();
        await topology.Server.WaitUntilIdleAsync();
        topology.Server.Verify();
    }

    [SkippableFact]
    public async Task Agent_LostWithADialPending_AnswersTheFrontend()
    {
        NodeFixture.SkipIfMissing();
        await using var server = await ServerProgram.StartAsync();
        await using var agent = await NodeAgent.StartAsync(server, "a1");
        await agent.SetAsync(new { cmd = "set", neverAnswerDials = true });
        await using var frontend = new NodeFrontend(await NodePeer.StartFrontendAsync($"unix:{server.SocketPath}"));

        var dial = frontend.DialAsync("127.0.0.1:1");
        await agent.Peer.ExpectAsync("dial");
        await agent.Peer.SendAsync(new { cmd = "cancel" });

        await Assert.ThrowsAsync<DialRefusedException>(() => dial);
        await server.WaitUntilIdleAsync();
        await server.WaitForMetricAsync(0, "ready_backends", ("proxy_strategy", "default"));
        var none = await Assert.ThrowsAsync<DialRefusedException>(() => frontend.DialAsync("127.0.0.1:1"));
        Assert.Equal("No agent available", none.Message);
        server.Verify();
        frontend.Peer.VerifyWire();
    }

    [SkippableFact]
    public async Task Agent_LostWithADialPending_LeavesItToAnother()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var server = await ServerProgram.StartAsync();
        await using var mute = await NodeAgent.StartAsync(server, "mute");
        await mute.SetAsync(new { cmd = "set", neverAnswerDials = true });
        await using var frontend = new NodeFrontend(await NodePeer.StartFrontendAsync($"unix:{server.SocketPath}"));
        var dial = frontend.DialAsync(echo.Address);
        await mute.Peer.ExpectAsync("dial");

        await using var second = await AgentProgram.StartAsync(server.AgentPort, server.Agents);
        await mute.Peer.SendAsync(new { cmd = "cancel" });

        await (await dial).CloseAsync();
        await server.WaitUntilIdleAsync();
        server.Verify();
        second.Verify();
    }

    [SkippableFact]
    [Trait("Spec", "7.21")]
    public async Task Server_Restarted_GetsItsAgentAndItsClientsBack()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var server = await NodeServer.StartAsync();
        await using var agent = await AgentProgram.StartAsync(server.AgentPort, server.Agents);
        await using var client = new Client.TunnelClient(
            new Client.TunnelClientOptions { Address = new Uri($"unix://{server.SocketPath}") });
        var connection = await client.ConnectAsync(echo.Address).DefaultTimeout();

        server.Peer.Process.Signal(ProgramSignal.Kill);
        await server.Peer.Process.WaitForExitAsync();

        await Assert.ThrowsAsync<IOException>(() => connection.ReadAsync(new byte[1]).DefaultTimeout());
        await connection.DisposeAsync().DefaultTimeout();
        await echo.Open.WaitForAsync(0).DefaultTimeout();
        await agent.WaitForMetricAsync(0, "open_server_connections");

        await server.RestartAsync();
        await server.Peer.ExpectAsync("agent");
        await using (await client.ConnectAsync(echo.Address).DefaultTimeout())
        {
            await agent.WaitForMetricAsync(1, "open_server_connections");
        }

        await agent.WaitUntilIdleAsync();
        agent.Verify();
        server.Verify();
    }

    private static ProgramProcess ProcessOf(IAgentSide agent) => agent switch
    {
        AgentProgram ours => ours.Process,
        NodeAgent node => node.Peer.Process,
        _ => throw new ArgumentException($"no process of {agent}", nameof(agent)),
    };
}
