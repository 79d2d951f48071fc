using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class TunnelRoundTripTests
{
    [Fact]
    public async Task Ping_Answered_MeasuresAndIsNoLongerSilent()
    {
        await using var tunnel = new TunnelPair();
        var measured = new List<TimeSpan>();
        await using var roundTrip = new TunnelRoundTrip(tunnel.Writer, TimeProvider.System, measured.Add);
        Assert.Equal(["Ping 1 False"], await tunnel.ReadAsync(1).DefaultTimeout());
        Assert.Empty(measured);
        Assert.True(roundTrip.SilentFor > TimeSpan.Zero);
        roundTrip.Receive(new Ping { Id = 77, Answer = true });
        Assert.Empty(measured);
        roundTrip.Receive(new Ping { Id = 1, Answer = true });
        Assert.True(Assert.Single(measured) > TimeSpan.Zero);
        Assert.Equal(TimeSpan.Zero, roundTrip.SilentFor);
    }

    [Fact]
    public async Task Ping_OfThePeer_IsAnswered()
    {
        await using var tunnel = new TunnelPair();
        await using var roundTrip = new TunnelRoundTrip(tunnel.Writer, TimeProvider.System);
        roundTrip.Receive(new Ping { Id = 9 });
        Assert.Equal(["Ping 1 False", "Ping 9 True"], await tunnel.ReadAsync(2).DefaultTimeout());
    }

    [Fact]
    public async Task Question_BehindAnAnsweredOne_SaysSo()
    {
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var roundTrip = new TunnelRoundTrip(tunnel.Writer, time);
        await HearAsync(tunnel, "Ping 1 False");
        roundTrip.Receive(new Ping { Id = 1, Answer = true });
        time.Advance(TimeSpan.FromSeconds(2));
        await HearAsync(tunnel, "Ping 2 False answered");
        time.Advance(TimeSpan.FromSeconds(2));
        await HearAsync(tunnel, "Ping 3 False");
    }

    [Fact]
    public async Task Follower_WhosePeerAsks_AsksOnlyToMeasure()
    {
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var follower = new TunnelRoundTrip(tunnel.Writer, time, follows: true);
        await HearAsync(tunnel, "Ping 1 False");
        for (var id = 1; id <= 9; id++)
        {
            follower.Receive(new Ping { Id = id, Answered = true });
            await HearAsync(tunnel, $"Ping {id} True");
            Assert.Equal(TimeSpan.Zero, follower.SilentFor);
            time.Advance(TimeSpan.FromSeconds(2));
        }

        follower.Receive(new Ping { Id = 10, Answered = true });
        time.Advance(TimeSpan.FromSeconds(2));
        await HearAsync(tunnel, "Ping 10 True");
        await HearAsync(tunnel, "Ping 2 False answered");
    }

    /// <summary>What came last is proof for two seconds, when the next one is due.</summary>
    [Fact]
    public async Task Follower_WhosePeerFallsSilent_AsksAndCountsFromWhenThePeerWasDue()
    {
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var follower = new TunnelRoundTrip(tunnel.Writer, time, follows: true);
        await HearAsync(tunnel, "Ping 1 False");
        follower.Receive(new Ping { Id = 1, Answered = true });
        await HearAsync(tunnel, "Ping 1 True");
        time.Advance(TimeSpan.FromSeconds(3));
        await HearAsync(tunnel, "Ping 2 False answered");
        Assert.Equal(TimeSpan.FromSeconds(1), follower.SilentFor);
        time.Advance(TimeSpan.FromSeconds(3));
        Assert.Equal(TimeSpan.FromSeconds(4), follower.SilentFor);
    }

    /// <summary>A peer of before, or one that gets no answers: its questions prove nothing about this end's way to it.</summary>
    [Fact]
    public async Task Follower_WhosePeerGotNoAnswer_AsksByItself()
    {
        var time = new ManualTime();
        await using var tunnel = new TunnelPair();
        await using var follower = new TunnelRoundTrip(tunnel.Writer, time, follows: true);
        await HearAsync(tunnel, "Ping 1 False");
        time.Advance(TimeSpan.FromSeconds(1));
        follower.Receive(new Ping { Id = 1 });
        await HearAsync(tunnel, "Ping 1 True");
        Assert.Equal(TimeSpan.FromSeconds(1), follower.SilentFor);
        time.Advance(TimeSpan.FromSeconds(1));
        await HearAsync(tunnel, "Ping 2 False");
        Assert.Equal(TimeSpan.FromSeconds(2), follower.SilentFor);
    }

    private static async Task HearAsync(TunnelPair tunnel, string packet) =>
        Assert.Equal([packet], await tunnel.ReadAsync(1).DefaultTimeout());
}
