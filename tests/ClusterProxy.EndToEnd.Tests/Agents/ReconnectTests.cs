using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class ReconnectTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.15")]
    public async Task AgentRestarted_NewConnectionsWork(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        var client = fixture.Client(kind);
        Assert.Equal(target.Body, await fixture.Http(client).GetStringAsync(target.Url).DefaultTimeout());

        await fixture.StopAgentAsync(fixture.Agents[0]);
        await fixture.WaitForTunnelsAsync(0);
        await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(target.Address).DefaultTimeout());
        await fixture.StartAgentAsync();
        await fixture.WaitForAgentsAsync();

        Assert.Equal(target.Body, await fixture.Http(client).GetStringAsync(target.Url).DefaultTimeout());
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.21")]
    public async Task ServerRestarted_OnSamePort_AgentGoesFromOneToZeroToOne(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var (agentPort, frontendPort) = (FreePorts.Shared.Next(), FreePorts.Shared.Next());
        var fixture = await StartAsync(new()
        {
            Server = o => o with { AgentPort = agentPort, ServerPort = frontendPort, GracefulShutdownTimeout = TimeSpan.Zero },
        });
        var client = fixture.Client(kind);
        Assert.Equal(target.Body, await fixture.Http(client).GetStringAsync(target.Url).DefaultTimeout());
        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenServers, 1);

        await fixture.StopServerAsync();
        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenServers, 0);
        await fixture.StartServerAsync();

        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenServers, 1);
        await fixture.WaitForAgentsAsync();
        Assert.Equal(target.Body, await fixture.Http(client).GetStringAsync(target.Url).DefaultTimeout());
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task TunnelCut_FailsRunningReadAtOnce_AndReconnects(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(kind);
        await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await stream.WriteAsync(new byte[10]).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
        var read = stream.ReadAsync(new byte[1]).AsTask();

        fixture.Relay.Cut();

        // A cut must not read as an end; but a Unix socket has no RST, and CONNECT nothing else to say it by.
        var error = await Record.ExceptionAsync(() => read.DefaultTimeout());
        Assert.True(error is IOException || (error is null && kind == FrontendKind.ConnectUnix), $"{error}");
        await echo.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
        await fixture.WaitForAgentsAsync();
        await Eventually.ObserveAsync(async () =>
        {
            await using var again = await client.ConnectAsync(echo.Address);
            return true;
        });
    }

    [Fact]
    public async Task Tunnel_LostDuringDial_IsTriedOnTheOtherAgent()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var silent = await fixture.ConnectScriptedAgentAsync("silent");
        var dial = fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address);
        await silent.TakeDialAsync();
        await fixture.StartAgentAsync();
        await fixture.WaitForTunnelsAsync(2);

        await silent.Call.DisposeAsync();

        await using var stream = await dial.DefaultTimeout();
        await stream.WriteAsync(new byte[1]).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[1]).DefaultTimeout();
    }
}
