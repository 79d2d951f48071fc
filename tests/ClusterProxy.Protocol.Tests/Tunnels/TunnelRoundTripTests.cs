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
}
