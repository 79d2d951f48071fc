using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Tests.Servers;

/// <summary>Servers that are about to leave, and such that have left without a word.</summary>
public sealed class LeavingServerTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task ServerThatLeaves_IsReplaced_AndServedUntilItEndsTheTunnel()
    {
        await using var target = new EchoTarget();
        await using var leaving = await StartAsync("drain");
        await using var next = await StartAsync("drain");
        await using var balancer = new TcpRelay(leaving.Port);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);
        var tunnel = await leaving.TunnelAsync();
        await tunnel.ConnectAsync(target.Address);
        balancer.Destinations = [new(System.Net.IPAddress.Loopback, next.Port)];

        await tunnel.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain { Within = 1 } });
        await tunnel.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain { Within = 1 } });

        var other = await next.TunnelAsync();
        await other.ConnectAsync(target.Address);
        await tunnel.ConnectAsync(target.Address);
        Assert.Equal(1, agent.Host.OpenTunnels);
        tunnel.End();
        await agent.WaitForMetricAsync("konnectivity_network_proxy_agent_open_server_connections", 1);
        Assert.Equal(1, leaving.Calls.Value);
        Assert.Equal(1, next.Calls.Value);
    }

    [Fact]
    public async Task ServerWithoutTheFeature_ThatSendsDrain_IsNotHeeded()
    {
        await using var target = new EchoTarget();
        await using var server = await StartAsync("ping");
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);
        var tunnel = await server.TunnelAsync();

        await tunnel.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain() });
        await tunnel.SendDialAsync(target.Address, tunnel.NextRandom());
        while ((await tunnel.ReceiveAnyAsync()).Type != PacketType.DialRsp)
        {
            // Pings.
        }

        Assert.Equal(1, agent.Host.OpenTunnels);
        Assert.DoesNotContain(agent.Records, static r => r.EventName == "ServerLeaves");
    }

    [Theory]
    [InlineData("ping", 5)]
    [InlineData("", 35)]
    public async Task ServerThatIsSilent_IsConnectedAgain_WithoutGivingUpTheTunnel(string features, int seconds)
    {
        var time = new ManualTime();
        await using var server = await StartAsync(features);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port), time);
        var first = await server.TunnelAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(agent.Host.OpenTunnels), static open => open == 1);

        // The last answer came at the start. A second more, since time here goes in steps of one.
        for (var i = 0; i < seconds + 1; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(0, agent.Host.OpenTunnels);
        await PassUntilAsync(time, server.Calls, 2);
        await PassUntilAsync(time, server.Open, 2);
        await Eventually.ObserveAsync(async () => (await first.ReceiveAnyAsync()).Type == PacketType.Drain);
        Assert.False(first.AgentEnded.Task.IsCompleted);
    }

    [Fact]
    public async Task ServerThatIsSilentForLong_LosesItsTunnel()
    {
        var time = new ManualTime();
        await using var server = await StartAsync("ping");
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port), time);
        var first = await server.TunnelAsync();

        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(first.AgentEnded.Task.IsCompleted);
        });

        await agent.Log.WaitForAsync(static r => r.EventName == "TunnelEnded").DefaultTimeout();
    }

    /// <summary>The agent's steps run on threads of their own, so that time has to go on until they have been made.</summary>
    private static Task PassUntilAsync(ManualTime time, ObservedCount count, long value) => Eventually.ObserveAsync(() =>
    {
        time.Advance(TimeSpan.FromMilliseconds(100));
        return Task.FromResult(count.Value >= value);
    });

    private async Task<ScriptedServer> StartAsync(string features)
    {
        var server = await ScriptedServer.StartAsync(_certificates);
        server.Features = features;
        return server;
    }
}
