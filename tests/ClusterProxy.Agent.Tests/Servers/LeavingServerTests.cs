using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

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
    public async Task ServersThatLeave_AreLeftAtMomentsSpreadOverTheTimeThatTheyGive()
    {
        const int Count = 16;
        var within = TimeSpan.FromSeconds(1000);
        var servers = new List<ScriptedServer>();
        for (var i = 0; i < Count; i++)
        {
            servers.Add(await StartAsync("drain"));
            servers[i].ServerCount = $"{Count}";
        }

        var agent = await AgentUnderTest.StartAsync(_certificates, [.. servers.Select(static s => s.Port)]);
        foreach (var server in servers)
        {
            await (await server.TunnelAsync()).SendAsync(PacketFactory.Drain(within));
        }

        await Eventually.ObserveAsync(() => Task.FromResult(Delays(agent).Length), static count => count == Count);

        Assert.All(Delays(agent), d => Assert.InRange(d, 0, within.TotalSeconds));

        // Of sixteen moments that lie anywhere, all are within a quarter once in a hundred million times.
        Assert.True(Delays(agent).Max() - Delays(agent).Min() > within.TotalSeconds / 4, string.Join(' ', Delays(agent)));
        await agent.DisposeAsync();
        foreach (var server in servers)
        {
            await server.DisposeAsync();
        }
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

    /// <summary>How soon is another matter: time here goes on while the agent takes its steps.</summary>
    [Theory]
    [InlineData("ping", 100)]
    [InlineData("", 500)]
    public async Task ServerThatIsSilent_IsConnectedAgain_WithoutGivingUpTheTunnel(string features, int step)
    {
        var time = new ManualTime();
        await using var server = await StartAsync(features);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port), time);
        var first = await server.TunnelAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(agent.Host.OpenTunnels), static open => open == 1);

        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(step));
            return Task.FromResult(agent.Records.Any(static r => r.EventName == "ServersSilent"));
        });

        // The pause before an attempt, and no more than that, since a tunnel that stays silent is given up in the end.
        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(10));
            return Task.FromResult(server.Calls.Value >= 2);
        });
        await server.Open.WaitForAtLeastAsync(2).DefaultTimeout();
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

    private static double[] Delays(AgentUnderTest agent) =>
        [.. agent.Records.Where(static r => r.EventName == "ServerLeaves").Select(static r => (double)r.Values["DelaySeconds"]!)];

    private async Task<ScriptedServer> StartAsync(string features)
    {
        var server = await ScriptedServer.StartAsync(_certificates);
        server.Features = features;
        return server;
    }
}
