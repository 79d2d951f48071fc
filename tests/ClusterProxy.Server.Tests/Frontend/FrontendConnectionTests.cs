using System.IO.Pipelines;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Frontend;

namespace ClusterProxy.Server.Tests.Frontend;

/// <summary>A frontend may leave at any moment, also between the agent's answer and its own.</summary>
public sealed class FrontendConnectionTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frontend_ThatLeavesAroundTheStart_LeavesNothing(bool startedBefore)
    {
        var toAgent = new Pipe();
        var toFrontend = new Pipe();
        await using var agent = new TunnelWriter(toAgent.Writer, TunnelLimits.Default);
        await using var frontend = new TunnelWriter(toFrontend.Writer, TunnelLimits.Default);
        var dialed = new TunnelConnection(
            agent, 1, TunnelRole.Dialer, TunnelFeatureSet.None, TunnelLimits.Default, TimeProvider.System, null, _ => { });
        await dialed.ReceiveAsync(new(new byte[100]));
        var connection = new FrontendConnection(
            7, new ConnectionOwner(dialed, TunnelLimits.Default, TimeProvider.System), frontend, isOurs: false, canHalfClose: false);

        if (startedBefore)
        {
            connection.Start();
        }

        await connection.DisposeAsync();
        if (!startedBefore)
        {
            connection.Start();
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(connection.WaitForEndAsync).DefaultTimeout();
        dialed.EndByPeer(CloseReason.FrontendLost);
        Assert.Equal(CloseReason.FrontendLost, await dialed.Completion.DefaultTimeout());
        await Eventually.ObserveAsync(() => Task.FromResult(dialed.QueuedBytes), queued => queued == 0);
    }
}
