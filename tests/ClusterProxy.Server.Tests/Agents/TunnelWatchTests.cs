using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Routing;
using ClusterProxy.Server.Tests.Kit;
using Microsoft.Extensions.Logging.Abstractions;

namespace ClusterProxy.Server.Tests.Agents;

/// <summary>Agents that are gone although nothing says so, on a clock that the test moves.</summary>
public sealed class TunnelWatchTests
{
    private readonly ManualTime _time = new();
    private readonly AgentRegistry _registry = new([ProxyStrategy.Default]);

    [Fact]
    public async Task AgentOfOurs_ThatIsSilent_IsOutOfRoutingAfter5s_AndEndedAfter20s()
    {
        await using var silent = Agent("silent", "ping");
        await using var other = Agent("other", "");
        await silent.AnswerPingAsync();

        // The answer came, and behind it nothing will.
        Pass(TimeSpan.FromSeconds(2));
        await silent.HearAsync(PacketType.Ping);
        Pass(TimeSpan.FromMilliseconds(2_999));
        Assert.False(silent.Tunnel.IsDraining);
        Pass(TimeSpan.FromMilliseconds(1));
        Assert.True(silent.Tunnel.IsDraining);
        Assert.All(Enumerable.Range(0, 30), _ => Assert.Same(other.Tunnel, _registry.Pick("x:1", [])));

        await KeepAliveAsync(other, TimeSpan.FromSeconds(16));
        Assert.False(silent.Tunnel.IsRetired);
        await KeepAliveAsync(other, TimeSpan.FromSeconds(3));
        Assert.True(silent.Tunnel.IsRetired);
        await silent.Running.DefaultTimeout();
        Assert.Same(other.Tunnel, Assert.Single(_registry.Tunnels));
    }

    [Fact]
    public async Task AgentOfUpstream_ThatIsSilent_IsAskedHarmlessly_AndOutOfRoutingAfter35s()
    {
        await using var agent = Agent("upstream", "");

        Pass(TimeSpan.FromSeconds(9));
        Assert.False(agent.Tunnel.IsSilent);
        Pass(TimeSpan.FromSeconds(1));
        Assert.True((await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID < 0);
        await agent.SendAsync(PacketFactory.CloseResponse(-1, "Unknown connectID"));
        await Eventually.ObserveAsync(() =>
        {
            Pass(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(agent.Tunnel.SilentFor == TimeSpan.Zero);
        });

        Pass(TimeSpan.FromSeconds(35));
        Assert.True(agent.Tunnel.IsDraining);
        Assert.False(agent.Tunnel.IsRetired);
        Assert.Same(agent.Tunnel, _registry.Pick("x:1", []));

        await agent.SendAsync(PacketFactory.CloseResponse(-1, "Unknown connectID"));
        await Eventually.ObserveAsync(() => Task.FromResult(!agent.Tunnel.IsDraining));
    }

    [Fact]
    public async Task AgentOfUpstream_ThatTakesNothing_IsEndedAfterAMinute()
    {
        await using var agent = Agent("stuck", "");
        var address = new string('a', 60_000);
        for (var i = 0; i < 3; i++)
        {
            Assert.NotNull(agent.Tunnel.TryDial("tcp", address, default));
        }

        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromMilliseconds(1));
            return Task.FromResult(agent.Tunnel.BlockedFor > TimeSpan.Zero);
        });

        Pass(TimeSpan.FromSeconds(58));
        Assert.False(agent.Tunnel.IsRetired);
        Pass(TimeSpan.FromSeconds(4));
        Assert.True(agent.Tunnel.IsRetired);
        await agent.Running.DefaultTimeout();
        Assert.Equal(0, agent.Tunnel.PendingDialCount);
    }

    [Fact]
    public async Task DialOnSilentAgent_GoesToAnother_AsSoonAsThereIsOne()
    {
        await using var silent = Agent("silent", "ping");
        var router = new DialRouter(_registry, new DialLimits(TimeSpan.FromMinutes(5), 10), _time, NullLogger.Instance);
        var dialing = router.DialAsync("tcp", "target:1", default, null, CancellationToken.None);
        var first = await silent.HearAsync(PacketType.DialReq);

        // With nobody else it waits: the agent may come back.
        Pass(TimeSpan.FromSeconds(8));
        Assert.Equal(1, silent.Tunnel.PendingDialCount);

        await using var other = Agent("other", "");
        Pass(TimeSpan.FromSeconds(1));
        var second = await other.HearAsync(PacketType.DialReq);
        Assert.Equal(first.DialRequest.Random, (await silent.HearAsync(PacketType.DialCls)).CloseDial.Random);
        await other.SendAsync(PacketFactory.DialResponse(second.DialRequest.Random, 7));

        var result = await dialing.DefaultTimeout();
        Assert.Equal(7, result.Connection!.ConnectId);
        Assert.Equal("other", result.Agent!.Id);
        Assert.Equal(0, router.PendingCount);

        // Answered too late, it is closed.
        await silent.SendAsync(PacketFactory.DialResponse(first.DialRequest.Random, 9));
        Assert.Equal(9, (await silent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        result.Connection.Output.Complete();
        result.Connection.Input.Complete();
        result.Connection.Abort(Protocol.CloseReason.FrontendClosed);
    }

    /// <summary>By the next strategy it would come to an agent that knows nothing of the host, and be answered so.</summary>
    [Fact]
    public async Task DialOnSilentAgent_DoesNotGoToOneThatAnotherStrategyFinds()
    {
        var registry = new AgentRegistry([ProxyStrategy.DestHost, ProxyStrategy.Default]);
        await using var silent = new PipedAgent(registry, "alpha", "ping", _time, "host=alpha");
        await using var other = new PipedAgent(registry, "beta", "", _time, "host=beta");
        var router = new DialRouter(registry, new DialLimits(TimeSpan.FromMinutes(5), 10), _time, NullLogger.Instance);
        using var giveUp = new CancellationTokenSource();
        var dialing = router.DialAsync("tcp", "alpha:1", default, null, giveUp.Token);
        await silent.HearAsync(PacketType.DialReq);

        for (var second = 0; second < 8; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            silent.Tunnel.Watch(registry, peers: null);
        }

        Assert.True(silent.Tunnel.IsSilent);
        Assert.Equal((1, 0), (silent.Tunnel.PendingDialCount, other.Tunnel.PendingDialCount));
        await giveUp.CancelAsync();
        Assert.Equal(DialFailureReason.Cancelled, (await dialing.DefaultTimeout()).Failure);
    }

    [Fact]
    public async Task Agents_AreLookedAtByThemselves()
    {
        await using var agent = Agent("silent", "ping");
        await using var watch = new TunnelWatch(_registry, peers: null, _time);

        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(agent.Tunnel.IsRetired);
        });
    }

    private PipedAgent Agent(string id, string features) => new(_registry, id, features, _time);

    /// <summary>In seconds, as the watch looks.</summary>
    private void Pass(TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            _time.Advance(left < TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
            foreach (var tunnel in _registry.Tunnels)
            {
                tunnel.Watch(_registry, peers: null);
            }
        }
    }

    private async Task KeepAliveAsync(PipedAgent agent, TimeSpan time)
    {
        for (var left = time; left > TimeSpan.Zero; left -= TimeSpan.FromSeconds(1))
        {
            Pass(TimeSpan.FromSeconds(1));
            await agent.SendAsync(PacketFactory.CloseResponse(-1, "Unknown connectID"));
        }
    }
}
