using System.Net.Sockets;

namespace ClusterProxy.Interop.Tests.Kit;

public sealed class RelayTests
{
    [Fact]
    public async Task TcpRelay_StalledDirection_HoldsBytesUntilItPasses()
    {
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await Loopback.SendAsync(socket, "a"u8.ToArray());
        Assert.Equal("a"u8.ToArray(), await Loopback.ReadAsync(socket, 1));

        relay.ToSource.Mode = RelayMode.Stall;
        await Loopback.SendAsync(socket, "b"u8.ToArray());
        await target.BytesReceived.WaitForAsync(2).DefaultTimeout();
        Assert.Equal(1, relay.ToSource.BytesPassed.Value);
        relay.ToSource.Mode = RelayMode.Pass;

        Assert.Equal("b"u8.ToArray(), await Loopback.ReadAsync(socket, 1));
    }

    [Fact]
    public async Task TcpRelay_BlackHole_DropsWhatItReads_AndStaysDarkForThatConnection()
    {
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.Port);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await relay.Open.WaitForAsync(1).DefaultTimeout();

        relay.SetMode(RelayMode.BlackHole);
        await Loopback.SendAsync(socket, "lost"u8.ToArray());
        await relay.ToDestination.BytesDropped.WaitForAsync(4).DefaultTimeout();

        relay.SetMode(RelayMode.Pass);
        await Loopback.SendAsync(socket, "too"u8.ToArray());
        await relay.ToDestination.BytesDropped.WaitForAsync(7).DefaultTimeout();
        using var another = await Loopback.ConnectAsync(relay.EndPoint);
        await Loopback.SendAsync(another, "kept"u8.ToArray());
        Assert.Equal("kept"u8.ToArray(), await Loopback.ReadAsync(another, 4));
        Assert.Equal(4, target.BytesReceived.Value);
    }

    [Fact]
    public async Task TcpRelay_CutAfterBytes_LetsExactlyThoseThrough()
    {
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        relay.ToDestination.CutAfter(3, reset: false);

        await Loopback.SendAsync(socket, "abcde"u8.ToArray());

        await target.EndedByPeer.WaitForAsync(1).DefaultTimeout();
        await relay.Open.WaitForAsync(0).DefaultTimeout();
        Assert.Equal(3, target.BytesReceived.Value);
        Assert.False(relay.ToDestination.TakeBackCut());
    }

    [Fact]
    public async Task TcpRelay_BadConditions_KeepEveryByteInItsPlace()
    {
        const int Length = 200_000;
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        relay.ToDestination.Conditions = new() { MaxPiece = 700, Delay = TimeSpan.FromMilliseconds(2), Jitter = TimeSpan.FromMilliseconds(2) };
        relay.ToSource.Conditions = new() { BytesPerSecond = 2_000_000 };
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        var sent = SeededBytes.Create(seed: 4, Length);

        var sending = Loopback.SendAsync(socket, sent);
        var got = await Loopback.ReadAsync(socket, Length);

        await sending.DefaultTimeout();
        Assert.Equal(sent, got);
    }

    [Fact]
    public async Task TcpRelay_Disturbed_KeepsEveryByteInItsPlace()
    {
        const int Length = 20_000_000;
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.Port).Disturb(seed: 8);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        var sent = SeededBytes.Create(seed: 5, Length);

        var sending = Loopback.SendAsync(socket, sent);
        var got = await Loopback.ReadAsync(socket, Length);

        await sending.DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(sent), SeededBytes.Sha256(got));
    }

    [Fact]
    public async Task FaultPlan_OfOneSeed_IsAlwaysTheSame_AndLeavesTheRelayMended()
    {
        var plan = FaultPlan.Create(seed: 12, breaks: true, bytes: 1000);
        Assert.Equal(plan.ToString(), FaultPlan.Create(seed: 12, breaks: true, bytes: 1000).ToString());
        Assert.NotEqual(plan.ToString(), FaultPlan.Create(seed: 13, breaks: true, bytes: 1000).ToString());
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await relay.Open.WaitForAsync(1).DefaultTimeout();

        await plan.RunAsync(relay, TimeProvider.System, CancellationToken.None).DefaultTimeout();

        using var another = await Loopback.ConnectAsync(relay.EndPoint);
        await Loopback.SendAsync(another, "kept"u8.ToArray());
        Assert.Equal("kept"u8.ToArray(), await Loopback.ReadAsync(another, 4));
    }

    [Fact]
    public async Task TcpRelay_Cut_ResetsBothSides()
    {
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await target.Open.WaitForAsync(1).DefaultTimeout();
        await relay.Open.WaitForAsync(1).DefaultTimeout();

        relay.Cut();

        await Assert.ThrowsAsync<SocketException>(() => socket.ReceiveAsync(new byte[1]).DefaultTimeout());
        await target.Open.WaitForAsync(0).DefaultTimeout();
        await relay.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task TcpRelay_Fin_IsPassedOnInItsDirectionOnly()
    {
        await using var target = new HalfCloseEchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);

        await Loopback.SendAsync(socket, "half"u8.ToArray());
        socket.Shutdown(SocketShutdown.Send);

        Assert.Equal("half"u8.ToArray(), await Loopback.ReadToEndAsync(socket));
        await relay.Open.WaitForAsync(0).DefaultTimeout();
    }

    [Fact]
    public async Task TcpRelay_HalfCloseByTest_LooksLikeFinToTheTarget()
    {
        await using var target = new HalfCloseEchoTarget();
        await using var relay = new TcpRelay(target.EndPoint);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await Loopback.SendAsync(socket, "x"u8.ToArray());
        await target.BytesReceived.WaitForAsync(1).DefaultTimeout();

        relay.HalfClose(towardDestination: true);

        Assert.Equal("x"u8.ToArray(), await Loopback.ReadAsync(socket, 1));
    }

    [Fact]
    public async Task TcpRelay_SeveralDestinations_TakesTurnsAndSkipsTheDead()
    {
        await using var first = new EchoTarget();
        await using var second = new EchoTarget();
        using var dead = new RefusingPort();
        await using var relay = new TcpRelay(first.EndPoint, dead.EndPoint, second.EndPoint);

        using var one = await Loopback.ConnectAsync(relay.EndPoint);
        await relay.Accepted.WaitForAsync(1).DefaultTimeout();
        using var two = await Loopback.ConnectAsync(relay.EndPoint);
        await relay.Accepted.WaitForAsync(2).DefaultTimeout();

        await first.Accepted.WaitForAsync(1).DefaultTimeout();
        await second.Accepted.WaitForAsync(1).DefaultTimeout();
    }
}
