using System.Net;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class DrainTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.13")]
    public async Task OnlyAgent_AfterItsDrain_StillServesNewDials(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        using var end = new CancellationTokenSource();
        var drain = fixture.Agents[0].DrainAsync(end.Token);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_tunnels", 1, ("state", "draining"));

        Assert.Equal(target.Body, await fixture.Http(kind).GetStringAsync(target.Url).DefaultTimeout());

        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain.DefaultTimeout());
    }

    [Fact]
    public async Task DrainingAgent_BesideAnother_GetsNoNewDials_AndItsConnectionsGoOn()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.GrpcTls);
        await using var running = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await fixture.StartAgentAsync();
        await fixture.WaitForAgentsAsync();
        using var end = new CancellationTokenSource();
        var drain = fixture.Agents[0].DrainAsync(end.Token);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_tunnels", 1, ("state", "draining"));

        for (var i = 0; i < 20; i++)
        {
            await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        }

        const string Dials = "konnectivity_network_proxy_agent_dial_duration_seconds_count";
        Assert.Equal(1, await fixture.AgentMetrics(0).ValueAsync(Dials));
        Assert.Equal(20, await fixture.AgentMetrics(1).ValueAsync(Dials));
        await running.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await running.ReadExactlyAsync(new byte[10]).DefaultTimeout();
        await end.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => drain.DefaultTimeout());
    }

    [Fact]
    public async Task Drain_WithoutWork_EndsByItself()
    {
        var fixture = await StartAsync();

        await fixture.Agents[0].DrainAsync().DefaultTimeout();

        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{fixture.Agents[0].HealthPort}/readyz")).DefaultTimeout();
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("draining", await answer.Content.ReadAsStringAsync().DefaultTimeout(), StringComparison.Ordinal);
    }
}
