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

    [Fact]
    public async Task Abort_AfterCloseWasRequested_TellsThePeerOfTheCut()
    {
        await using var tunnel = new TunnelPair(TunnelLimits.Default with { InitialWindow = 1000 });
        var dialer = tunnel.Connect(1, TunnelRole.Dialer, features: TunnelFeatureSet.HalfClose | TunnelFeatureSet.Credit);
        await dialer.Output.WriteAsync(new byte[1001]).DefaultTimeout();
        dialer.RequestClose(CloseReason.FrontendClosed);
        await dialer.Output.CompleteAsync();
        Assert.Equal(["Data 1 1000", "Credit 1 0"], await tunnel.ReadAsync(2).DefaultTimeout());
        dialer.Abort(CloseReason.CloseTimeout);
        Assert.Equal(["CloseReq 1 cut"], await tunnel.ReadAsync(1).DefaultTimeout());
        Assert.Equal((CloseReason.FrontendClosed, CloseReason.CloseTimeout), (dialer.Reason!.Value, dialer.LostBy!.Value));
        dialer.EndByPeer(CloseReason.TargetClosed);

        var dialed = tunnel.Connect(2, TunnelRole.Dialed, features: TunnelFeatureSet.HalfClose);
        dialed.SetReason(CloseReason.TargetClosed);
        dialed.Abort(CloseReason.Stalled);
        Assert.Equal([$"CloseRsp 2 {CloseReason.Stalled.ToWireText()}"], await tunnel.ReadAsync(1).DefaultTimeout());
        Assert.Equal((CloseReason.TargetClosed, CloseReason.Stalled), (await dialed.Completion.DefaultTimeout(), dialed.LostBy!.Value));
    }

    [Fact]
    public async Task EndByPeer_WithACutAfterTheOwnClose_IsNotTakenForTheWhole()
    {
        await using var tunnel = new TunnelPair();
        var connection = tunnel.Connect(1, TunnelRole.Dialer, features: TunnelFeatureSet.HalfClose);
        connection.RequestClose(CloseReason.FrontendClosed);
        connection.EndByPeer(CloseReason.Stalled);
        Assert.Equal((CloseReason.FrontendClosed, CloseReason.Stalled), (await connection.Completion.DefaultTimeout(), connection.LostBy!.Value));
    }

    [Fact]
    public async Task Input_TunnelLostAfterTheTargetEnded_IsNotWhole()
    {
        await using var tunnel = new TunnelPair();
        var cut = tunnel.Connect(1, TunnelRole.Dialed, features: TunnelFeatureSet.HalfClose);
        cut.SetReason(CloseReason.TargetClosed);
        cut.EndByPeer(CloseReason.TunnelLost);
        Assert.True((await cut.Input.ReadAsync().DefaultTimeout()).IsCompleted);
        Assert.False(cut.IsInputWhole);

        var whole = tunnel.Connect(2, TunnelRole.Dialed, features: TunnelFeatureSet.HalfClose);
        whole.EndInputByHalfClose();
        whole.EndByPeer(CloseReason.TunnelLost);
        Assert.True(whole.IsInputWhole);
    }
}
