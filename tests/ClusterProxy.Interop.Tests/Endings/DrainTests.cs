using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Endings;

/// <summary>Programs that leave in good order.</summary>
[Collection(nameof(NodePeers))]
public sealed class DrainTests
{
    [SkippableFact]
    [Trait("Spec", "7.13")]
    [Trait("Spec", "7.45")]
    public async Task OurAgent_Terminated_SaysDrainFinishesItsConnectionsAndExits()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var topology = await Topology.StartAsync(Pairing.NodeServerOurAgent);
        var agent = (AgentProgram)topology.Agent;
        var frontend = await topology.FrontendAsync(FrontendKind.Sdk, Transport.UnixSocket);
        var connection = await frontend.DialAsync(echo.Address);

        agent.Process.Signal(ProgramSignal.Terminate);
        await ((NodeServer)topology.Server).Peer.ExpectAsync("drain");

        // The server has no other agent, so it still asks this one.
        foreach (var open in new[] { connection, await frontend.DialAsync(echo.Address) })
        {
            var receiving = open.ReceiveAsync(100_000);
            var sha256 = await open.SendAsync(100_000);
            Assert.Equal(sha256, (await receiving).Sha256);
            Assert.False(agent.Process.HasExited);
            await open.CloseAsync();
        }

        await agent.Process.ExpectExitAsync(0);
        topology.Verify();
    }

    [SkippableFact]
    public async Task NodeAgent_Draining_GetsDialsOnlyWhileThereIsNoOther()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var server = await ServerProgram.StartAsync();
        await using var leaving = await NodeAgent.StartAsync(server, "leaving");
        await using var frontend = new NodeFrontend(await NodePeer.StartFrontendAsync($"unix:{server.SocketPath}"));

        await leaving.Peer.SendAsync(new { cmd = "drain" });
        await server.WaitForMetricAsync(1, "stream_packets_total", ("segment", "from_agent"), ("packet_type", "DRAIN"));
        await (await frontend.DialAsync(echo.Address)).CloseAsync();
        Assert.Equal(1, await DialsOfAsync(leaving));

        await using var staying = await NodeAgent.StartAsync(server, "staying");
        await server.WaitForMetricAsync(2, "ready_backends", ("proxy_strategy", "default"));
        for (var i = 0; i < 10; i++)
        {
            await (await frontend.DialAsync(echo.Address)).CloseAsync();
        }

        Assert.Equal(1, await DialsOfAsync(leaving));
        Assert.Equal(10, await DialsOfAsync(staying));
        server.Verify();
        leaving.Verify();
        frontend.Peer.VerifyWire();
    }

    [SkippableFact]
    public async Task OurServer_Terminated_FinishesConnectionsThenEndsAgentsWithOk()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var server = await ServerProgram.StartAsync();
        await using var agent = await NodeAgent.StartAsync(server, "a1");
        await using var frontend = new NodeFrontend(await NodePeer.StartFrontendAsync($"unix:{server.SocketPath}"));
        var connection = await frontend.DialAsync(echo.Address);

        server.Process.Signal(ProgramSignal.Terminate);
        await server.Process.WaitForLineAsync("Shutting down");
        var receiving = connection.ReceiveAsync(100_000);
        var sha256 = await connection.SendAsync(100_000);
        Assert.Equal(sha256, (await receiving).Sha256);
        Assert.DoesNotContain(agent.Peer.Events, e => e.Text("event") == "status");
        await frontend.Peer.AskAsync(new { cmd = "close", stream = "s1" }, "closed");

        Assert.Equal(0, (await agent.Peer.ExpectAsync("status")).Number("code"));
        await server.Process.ExpectExitAsync(0);
        server.Verify();
        agent.Verify();
        frontend.Peer.VerifyWire();
    }

    private static async Task<int> DialsOfAsync(NodeAgent agent) => (await agent.Peer.AskAsync(new { cmd = "stats" }, "stats")).Number("dials");
}
