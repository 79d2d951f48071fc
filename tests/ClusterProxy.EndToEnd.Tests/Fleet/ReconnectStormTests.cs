using ClusterProxy.Server;
using ClusterProxy.Testing.Agents;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>A server that is replaced, and all of its agents at once. How long that takes is measured in perf.</summary>
public sealed class ReconnectStormTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Agents = 200;

    [Fact]
    public async Task Agents_OfAServerThatIsReplaced_AllComeBack_AndCanBeDialled()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = o => o with
            {
                GracefulShutdownTimeout = TimeSpan.Zero,
                ProxyStrategies = [ProxyStrategy.DestHost],

                // More come than are let through or may wait.
                AgentHandshakeRate = 30,
            },
        });
        await using (var agents = new LightAgents(fixture.AgentPlane, echo.EndPoint))
        {
            for (var i = 0; i < Agents; i++)
            {
                agents.Start($"agent-{i}", fixture.Relay.Port);
            }

            await fixture.WaitForTunnelsAsync(Agents);
            await fixture.StopServerAsync();
            await Eventually.ObserveAsync(() => Task.FromResult(agents.All.All(static a => a.OpenTunnels == 0)));
            await fixture.StartServerAsync();

            await fixture.WaitForTunnelsAsync(Agents);
            var client = fixture.Client(FrontendKind.LaneTls);
            foreach (var agent in agents.All)
            {
                await using var stream = await client.ConnectAsync($"{agent.Cluster}:1").DefaultTimeout();
                await stream.WriteAsync(new byte[10]).DefaultTimeout();
                await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
            }
        }

        await fixture.WaitForTunnelsAsync(0);
    }
}
