using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>Dials on lanes and nothing else.</summary>
/// <param name="lanes">Opened as they are needed.</param>
/// <param name="count">How many there are at a time: all of them may be lost with their server, and the dial goes to one more.</param>
internal sealed class LaneDialer(LaneSet lanes, int count) : IDialer
{
    public async Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        for (var lost = 0; lost <= count; lost++)
        {
            try
            {
                var lane = await lanes.PickAsync(cancellationToken).ConfigureAwait(false);
                if (await lane.DialAsync(target, cancellationToken).ConfigureAwait(false) is { } end)
                {
                    return end;
                }
            }
            catch (ServerConnectException e)
            {
                throw new TunnelConnectException(
                    DialFailureReason.StreamSetup, $"dialing {target} failed before the server took it: {e.Message}", e);
            }
        }

        throw new TunnelConnectException(
            DialFailureReason.TunnelClosed,
            $"dialing {target} failed: {count + 1} lanes ended one after the other before the server answered; see the server's log, or dial again");
    }

    public ValueTask DisposeAsync() => lanes.DisposeAsync();
}
