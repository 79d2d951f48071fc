using System.Net;
using ClusterProxy.Agent;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class ReadinessTests(ITestOutputHelper output) : TunnelTest(output)
{
    private readonly HttpClient _http = new();

    [Fact]
    [Trait("Spec", "7.20")]
    public async Task Server_IsReadyOnlyWithAgent()
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        Assert.Equal((HttpStatusCode.InternalServerError, "no connection to any proxy agent"), await GetAsync(fixture.Server.HealthPort, "/readyz"));
        Assert.Equal((HttpStatusCode.OK, "ok"), await GetAsync(fixture.Server.HealthPort, "/healthz"));

        await fixture.StartAgentAsync();
        await fixture.WaitForAgentsAsync();

        Assert.Equal((HttpStatusCode.OK, "ok"), await GetAsync(fixture.Server.HealthPort, "/readyz"));
        Assert.Equal((HttpStatusCode.OK, "ok"), await GetAsync(fixture.Server.HealthPort, "/ready"));
    }

    [Fact]
    [Trait("Spec", "7.20")]
    public async Task Server_WithDestHostOnly_IsReadyOnceAnAgentAnnouncesAHost()
    {
        var fixture = await StartAsync(new() { Server = static o => o with { ProxyStrategies = [ProxyStrategy.DestHost] } });
        Assert.Equal(HttpStatusCode.InternalServerError, (await GetAsync(fixture.Server.HealthPort, "/readyz")).Status);

        await fixture.StartAgentAsync(static o => o with { AgentIdentifiers = "host=node-1&ipv4=10.0.0.1" });
        await fixture.WaitForAgentsAsync();

        Assert.Equal(HttpStatusCode.OK, (await GetAsync(fixture.Server.HealthPort, "/readyz")).Status);
        Assert.Equal(2, await fixture.ServerMetrics.ValueAsync(ServerMetric.ReadyBackends, ("proxy_strategy", "destHost")));
    }

    [Fact]
    [Trait("Spec", "7.20")]
    public async Task Agent_IsNotReadyWithoutServer()
    {
        var certificates = Own(new TestCertificates());
        var nobody = Own(new RefusingPort());
        var log = Own(new FailOnErrorLog());
        var agent = Own(await ProxyAgentHost.StartAsync(
            LoopbackOptions.Agent("lonely", certificates, nobody.Port), log.CreateFactory(), TimeProvider.System, static _ => null)
            .DefaultTimeout());
        await log.Log.WaitForAsync("ConnectFailed").DefaultTimeout();

        var (status, text) = await GetAsync(agent.HealthPort, "/readyz");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
        Assert.Contains("[-]server-connected failed: no servers connected", text, StringComparison.Ordinal);
        Assert.Equal((HttpStatusCode.OK, "ok"), await GetAsync(agent.HealthPort, "/healthz"));
    }

    private async Task<(HttpStatusCode Status, string Text)> GetAsync(int port, string path)
    {
        using var answer = await _http.GetAsync(new Uri($"http://127.0.0.1:{port}{path}")).DefaultTimeout();
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync().DefaultTimeout());
    }
}
