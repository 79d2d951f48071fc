using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Protocol.Tests.Tunnels;

public sealed class HalfCloseTests
{
    [Fact]
    public async Task HalfClose_DialerEndsItsDirection_TheOtherGoesOn()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, TunnelRole.Dialer, features: TunnelFeatureSet.HalfClose);
        await connection.Output.WriteAsync(new byte[5]).DefaultTimeout();
        await connection.Output.CompleteAsync();
        Assert.Equal(["Data 1 5", "HalfClose 1"], await tunnel.ReadAsync(2).DefaultTimeout());
        await connection.ReceiveAsync(new(new byte[7])).DefaultTimeout();
        Assert.Equal(7, (await connection.Input.ReadAsync().DefaultTimeout()).Buffer.Length);
        Assert.False(connection.Completion.IsCompleted);
        connection.RequestClose(CloseReason.FrontendClosed);
        Assert.Equal(["CloseReq 1"], await tunnel.ReadAsync(1).DefaultTimeout());
        connection.EndByPeer(CloseReason.TargetClosed);
        Assert.Equal(CloseReason.FrontendClosed, await connection.Completion.DefaultTimeout());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task HalfClose_BothDirectionsAtTheDialedEnd_CloseResponseEndsIt(bool peerFirst)
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, TunnelRole.Dialed, features: TunnelFeatureSet.HalfClose);
        if (peerFirst)
        {
            connection.EndInputByHalfClose();
            await connection.Output.CompleteAsync();
            Assert.Equal(["CloseRsp 1"], await tunnel.ReadAsync(1).DefaultTimeout());
        }
        else
        {
            await connection.Output.CompleteAsync();
            Assert.Equal(["HalfClose 1"], await tunnel.ReadAsync(1).DefaultTimeout());
            Assert.False(connection.Completion.IsCompleted);
            connection.EndInputByHalfClose();
            Assert.Equal(["CloseRsp 1"], await tunnel.ReadAsync(1).DefaultTimeout());
        }

        Assert.Equal(CloseReason.TargetClosed, await connection.Completion.DefaultTimeout());
    }

    [Fact]
    public async Task HalfClose_CloseRequestedBeforeTheOutputEnds_OneClosingPacketFollowsTheBytes()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, TunnelRole.Dialer, features: TunnelFeatureSet.HalfClose);
        await connection.Output.WriteAsync(new byte[5]).DefaultTimeout();
        connection.RequestClose(CloseReason.FrontendClosed);
        await connection.Output.CompleteAsync();
        connection.RequestClose(CloseReason.FrontendClosed);
        Assert.Equal(["Data 1 5", "CloseReq 1"], await tunnel.ReadAsync(2).DefaultTimeout());
        connection.Abort(CloseReason.FrontendLost);
        tunnel.Writer.TrySend(PacketFactory.Drain());
        Assert.Equal(["Drain"], await tunnel.ReadAsync(1).DefaultTimeout());
        connection.EndByPeer(CloseReason.TargetClosed);
    }
}
