using ClusterProxy.Server.Agents.Identity;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Certificates;

/// <summary>Tunnels whose certificate or token ends while they are up.</summary>
public sealed class RenewalTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Tunnels = "clusterproxy_server_agent_tunnels";
    private const string Renewals = "clusterproxy_agent_tunnel_renewals_total";

    [Fact]
    public async Task Tunnel_WhoseCertificateEndsSoon_IsReplaced_OnceThereIsANewerOne_AndItsConnectionsGoOn()
    {
        var fixture = await StartAsync(new() { Agents = 0 });

        // Of a day, so that its last hour is the time to renew.
        var ending = fixture.AgentPlane.EndingClient(TimeSpan.FromMinutes(10), "agent");
        var agent = await fixture.StartAgentAsync(o => o with { AgentCert = ending.CertificateFile, AgentKey = ending.KeyFile });
        await fixture.WaitForAgentsAsync();
        Assert.Contains("warning: ", await Own(new HttpClient()).GetStringAsync(new Uri($"http://127.0.0.1:{agent.HealthPort}/readyz")), StringComparison.Ordinal);

        await IsReplacedAsync(fixture, () =>
        {
            var next = fixture.AgentPlane.Client("agent");
            File.Copy(next.CertificateFile, ending.CertificateFile, overwrite: true);
            File.Copy(next.KeyFile, ending.KeyFile, overwrite: true);
        });
    }

    [Fact]
    public async Task Tunnel_WhoseTokenEndsSoon_IsReplaced_OnceThereIsANewerOne_AndItsConnectionsGoOn()
    {
        var api = Own(await TestApiServer.StartAsync());
        var fixture = await StartAsync(new() { Agents = 0, Server = o => api.WithTokens(o) with { AgentIdentity = AgentIdentityMode.Claimed } });

        // Of ten hours, so that half an hour before its end is the latest time to renew.
        var end = DateTimeOffset.UtcNow.AddMinutes(10);
        var (ending, next) = (WebToken.Of(end.AddHours(-10), end), WebToken.Of(end.AddMinutes(-15), end.AddHours(10)));
        api.AddToken(ending);
        api.AddToken(next);
        var path = api.Write("token", ending);
        await fixture.StartAgentAsync(o => o with { AgentCert = "", AgentKey = "", ServiceAccountTokenPath = path });
        await fixture.WaitForAgentsAsync();

        await IsReplacedAsync(fixture, () => api.Write("token", next));
    }

    private async Task IsReplacedAsync(TunnelFixture fixture, Action renew)
    {
        var echo = Own(new EchoTarget());
        var client = fixture.Client(FrontendKind.GrpcTls);
        var running = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(running);

        renew();

        await fixture.AgentMetrics().WaitForAsync(Renewals, 1);
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
        Assert.Equal(1, await fixture.AgentMetrics().ValueAsync(Renewals));
    }

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
