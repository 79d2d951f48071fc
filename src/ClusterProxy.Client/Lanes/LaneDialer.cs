using ClusterProxy.Client.Servers;
using ClusterProxy.Client.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>Dials on lanes and nothing else.</summary>
internal sealed class LaneDialer(LaneSet lanes) : IDialer
{
    public async Task<IStreamEnd> DialAsync(TunnelTarget target, CancellationToken cancellationToken)
    {
        while (true)
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
    }

    public ValueTask DisposeAsync() => lanes.DisposeAsync();
}
