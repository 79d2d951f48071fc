using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>Somebody sets the clock. Deadlines, pings and pauses are of the other one; only certificates are looked at by this one.</summary>
public sealed class ClockJumpTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Attempts = "clusterproxy_agent_connect_attempts_total";

    [Fact]
    public async Task Clock_ThatJumps_CostsNoTunnel_NoConnection_AndNoDial()
    {
        var time = new JumpingTime();
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Time = time });
        var client = fixture.Client(FrontendKind.GrpcTls);
        await using var running = await client.ConnectAsync(echo.Address).DefaultTimeout();
        var tunnel = Assert.Single(fixture.Server.Agents.Tunnels);

        // Within the certificates' time, and far beyond any deadline.
        foreach (var jump in (TimeSpan[])[TimeSpan.FromHours(2), TimeSpan.FromHours(-2), TimeSpan.FromDays(90), TimeSpan.FromDays(-90), TimeSpan.FromSeconds(5)])
        {
            time.Jump(jump);
            await EchoAsync(running);
            foreach (var kind in (FrontendKind[])[FrontendKind.GrpcTls, FrontendKind.ConnectTls, FrontendKind.LaneTls])
            {
                await using var more = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();
                await EchoAsync(more);
            }
        }

        Assert.Same(tunnel, Assert.Single(fixture.Server.Agents.Tunnels));
        Assert.False(tunnel.IsDraining);
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync(Attempts));
    }

    [Fact]
    public async Task Clock_BeyondEveryCertificate_StopsNewHandshakesOnly_AndAllIsWellWhenItIsBack()
    {
        var time = new JumpingTime();
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Time = time });
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();

        time.Jump(TimeSpan.FromDays(3650));

        await EchoAsync(running);
        await using (var local = await fixture.Client(FrontendKind.GrpcUnix).ConnectAsync(echo.Address).DefaultTimeout())
        {
            await EchoAsync(local);
        }

        await fixture.Client(FrontendKind.ConnectTls).ShouldBeRefusedAsync(echo.Address);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, static n => n > 0, ("plane", "frontend"), ("reason", "expired"));

        // It comes while nobody is let in, and is not started again.
        await fixture.StartAgentAsync();
        await fixture.AgentMetrics(1).WaitForAsync(Attempts, static n => n > 0);
        Assert.Single(fixture.Server.Agents.Tunnels);

        time.Jump(TimeSpan.FromDays(-3650));

        await fixture.WaitForAgentsAsync();
        await EchoAsync(running);
        await using var fresh = await fixture.Client(FrontendKind.ConnectTls).ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(fresh);
    }

    private static async Task EchoAsync(TunnelStream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
