using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Processes;

/// <summary>The agent's binary, driven as upstream's integration suite drives one: probes, a gauge, and signals.</summary>
public sealed class AgentProcessTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Agent_WithEveryFlag_BecomesReady_DrainsOnTerm_AndExitsZero()
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Agents = 0 });
        var (agent, metrics) = await StartAgentAsync(fixture);
        await metrics.WaitForAsync(AgentMetric.OpenServers, 1);
        var running = fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        agent.Signal(ProgramSignal.Terminate);

        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_tunnels", 1, ("state", "draining"));
        Assert.Equal(target.Body, await fixture.Http(FrontendKind.ConnectTls).GetStringAsync(target.Url).DefaultTimeout());
        target.Slow.Continue();
        Assert.Equal(target.Body, await running.DefaultTimeout());
        await agent.ExpectExitAsync(0);
        await fixture.WaitForTunnelsAsync(0);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.14")]
    public async Task Agent_Killed_RunningRequestFailsAtOnce_AndBackendsDropToZero(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Agents = 0 });
        var (agent, _) = await StartAgentAsync(fixture);
        Assert.Equal(1, await fixture.ServerMetrics.ValueAsync(ServerMetric.ReadyBackendConnections));
        var running = fixture.Http(kind).GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        agent.Signal(ProgramSignal.Kill);

        await agent.ExpectExitAsync(128 + 9);

        // Well before any ping or deadline: those take longer than the test waits.
        await Assert.ThrowsAsync<HttpRequestException>(() => running.DefaultTimeout());
        await fixture.WaitForTunnelsAsync(0);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.ReadyBackends, ("proxy_strategy", "default")));
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.ReadyBackendConnections));
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    [Trait("Spec", "7.15")]
    public async Task Agent_KilledAndStartedAgain_ServesNewConnections(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(new() { Agents = 0 });
        var (first, _) = await StartAgentAsync(fixture);
        first.Signal(ProgramSignal.Kill);
        await fixture.WaitForTunnelsAsync(0);

        await StartAgentAsync(fixture);

        Assert.Equal(target.Body, await fixture.Http(kind).GetStringAsync(target.Url).DefaultTimeout());
    }

    [Fact]
    public async Task Agent_WithDrainTimeoutOver_ClosesWhatIsLeft_AndExitsZero()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agents = 0 });
        var (agent, _) = await StartAgentAsync(fixture, static flags => flags["drain-timeout"] = "500ms");
        await using var stream = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();

        agent.Signal(ProgramSignal.Terminate);

        await agent.ExpectExitAsync(0);
        var error = await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadAsync(new byte[1]).DefaultTimeout());
        Assert.Contains("shutting down", error.Message, StringComparison.Ordinal);
        await echo.EndedByPeer.WaitForAsync(1).DefaultTimeout();
    }

    [Fact]
    public async Task Agent_SecondSignal_EndsItAtOnceWithOne()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agents = 0 });
        var (agent, _) = await StartAgentAsync(fixture, static flags => flags["drain-timeout"] = "1h");
        await using var stream = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        agent.Signal(ProgramSignal.Terminate);
        await agent.WaitForLineAsync("Draining");

        agent.Signal(ProgramSignal.Interrupt);

        await agent.ExpectExitAsync(1);
        await fixture.WaitForTunnelsAsync(0);
    }

    private async Task<(ProgramProcess Agent, MetricsPage Metrics)> StartAgentAsync(
        TunnelFixture fixture, Action<Dictionary<string, string>>? change = null)
    {
        var healthPort = FreePorts.Shared.Next();
        var flags = LoopbackPrograms.Agent("program", fixture.AgentPlane, fixture.Relay.Port, healthPort);
        change?.Invoke(flags);
        var agent = Own(LoopbackPrograms.StartAgent(flags));
        await agent.WaitForUrlAsync(new Uri($"http://127.0.0.1:{healthPort}/healthz"));
        await agent.WaitForUrlAsync(new Uri($"http://127.0.0.1:{healthPort}/readyz"));
        await fixture.WaitForTunnelsAsync(1);
        return (agent, new MetricsPage(healthPort));
    }
}
