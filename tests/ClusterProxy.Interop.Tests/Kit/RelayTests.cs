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
    public async Task TcpRelay_BlackHole_DropsWhatItReads()
    {
        await using var target = new EchoTarget();
        await using var relay = new TcpRelay(target.Port);
        using var socket = await Loopback.ConnectAsync(relay.EndPoint);
        await relay.Open.WaitForAsync(1).DefaultTimeout();

        relay.SetMode(RelayMode.BlackHole);
        await Loopback.SendAsync(socket, "lost"u8.ToArray());
        await relay.ToDestination.BytesDropped.WaitForAsync(4).DefaultTimeout();

        relay.SetMode(RelayMode.Pass);
        await Loopback.SendAsync(socket, "kept"u8.ToArray());
        Assert.Equal("kept"u8.ToArray(), await Loopback.ReadAsync(socket, 4));
        Assert.Equal(4, target.BytesReceived.Value);
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
