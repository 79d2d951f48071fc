using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class SharedAgentIdTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.16")]
    public async Task SecondAgentOfSameId_LeavesRunningRequestOfFirstAlone(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agent = static (o, _) => o with { AgentId = "same" } });
        var running = fixture.Http(kind).GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        await fixture.StartAgentAsync();
        await fixture.WaitForAgentsAsync();

        Assert.Equal(1, await fixture.ServerMetrics.ValueAsync(ServerMetric.ReadyBackends, ("proxy_strategy", "default")));

        // Both agents count their connections from 1: the new one's bytes must not reach the old one's frontend.
        await using (var other = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout())
        {
            var sent = SeededBytes.Create(seed: 16, length: 100_000);
            await other.WriteAsync(sent).DefaultTimeout();
            var got = new byte[sent.Length];
            await other.ReadExactlyAsync(got).DefaultTimeout();
            Assert.Equal(sent, got);
        }

        target.Slow.Continue();
        Assert.Equal(target.Body, await running.DefaultTimeout());
    }
}
