using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Pressure;

/// <summary>A hop that forgot the connection: both ends believe in it, and only pings find out.</summary>
public sealed class HalfOpenTunnelTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task BlackHoledTunnel_IsFoundByBothEnds_AndReplaced()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            Server = static o => o with { PeerPingInterval = TimeSpan.FromSeconds(1) },
        });
        await using var stream = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();

        fixture.Relay.SetMode(RelayMode.BlackHole);

        // The ping goes out after 1 s of silence, and its answer has 20 s.
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.ReadyBackends, 0, ("proxy_strategy", "default"));
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).DefaultTimeout());
        var error = await Assert.ThrowsAsync<TunnelConnectException>(
            () => fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout());
        Assert.Contains("No agent available", error.Message, StringComparison.Ordinal);

        // Nobody cuts the old way, which stays dark: the agent, too, has to find out.
        fixture.Relay.SetMode(RelayMode.Pass);
        await fixture.WaitForAgentsAsync();
        await using var fresh = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        await fresh.WriteAsync(new byte[1]).DefaultTimeout();
        await fresh.ReadExactlyAsync(new byte[1]).DefaultTimeout();
    }
}
