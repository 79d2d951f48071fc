using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Certificates;

/// <summary>Tunnels whose certificate ends while they are up.</summary>
public sealed class RenewalTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Tunnels = "clusterproxy_server_agent_tunnels";

    [Fact]
    public async Task Tunnel_WhoseCertificateEndsSoon_IsReplaced_OnceThereIsANewerOne_AndItsConnectionsGoOn()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agents = 0 });

        // Of a day, so that its last hour is the time to renew.
        var ending = fixture.AgentPlane.EndingClient(TimeSpan.FromMinutes(10), "agent");
        var agent = await fixture.StartAgentAsync(o => o with { AgentCert = ending.CertificateFile, AgentKey = ending.KeyFile });
        await fixture.WaitForAgentsAsync();
        var client = fixture.Client(FrontendKind.GrpcTls);
        var running = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(running);
        Assert.Contains("warning: ", await Own(new HttpClient()).GetStringAsync(new Uri($"http://127.0.0.1:{agent.HealthPort}/readyz")), StringComparison.Ordinal);

        var next = fixture.AgentPlane.Client("agent");
        File.Copy(next.CertificateFile, ending.CertificateFile, overwrite: true);
        File.Copy(next.KeyFile, ending.KeyFile, overwrite: true);

        await fixture.AgentMetrics().WaitForAsync("clusterproxy_agent_tunnel_renewals_total", 1);
        await fixture.ServerMetrics.WaitForAsync(Tunnels, 1, ("state", "ready"));
        await fixture.ServerMetrics.WaitForAsync(Tunnels, 1, ("state", "draining"));
        await EchoAsync(running);
        for (var i = 0; i < 10; i++)
        {
            await using var more = await client.ConnectAsync(echo.Address).DefaultTimeout();
            await EchoAsync(more);
        }

        var old = fixture.Server.Agents.Tunnels.Single(static t => t.IsDraining);
        Assert.Equal(1, old.ConnectionCount);
        await running.DisposeAsync();
        await fixture.ServerMetrics.WaitForAsync(Tunnels, 0, ("state", "draining"));
        await fixture.ServerMetrics.WaitForAsync(Tunnels, 1, ("state", "ready"));
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync("clusterproxy_agent_tunnel_renewals_total"));
    }

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
