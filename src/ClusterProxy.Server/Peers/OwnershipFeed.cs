using System.Threading.Channels;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server.Peers;

/// <summary>
/// Tells one other server which tunnels this one has. One packet is under way at a time, and what changes meanwhile is told together
/// by the next: nothing is queued for a server that is slow.
/// </summary>
internal sealed class OwnershipFeed(OwnedTunnels owned)
{
    // An answer that nobody waits for says nothing.
    private readonly Channel<long> _received = Channel.CreateBounded<long>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>The other server's answer.</summary>
    public void Receive(Ownership answer)
    {
        if (answer.Received)
        {
            _received.Writer.TryWrite(answer.Version);
        }
    }

    /// <summary>Runs until the lane ends or the token fires; never fails.</summary>
    public async Task RunAsync(TunnelWriter writer, CancellationToken cancellationToken)
    {
        try
        {
            for (var known = 0L; ; await owned.ChangedAfterAsync(known, cancellationToken))
            {
                foreach (var update in owned.Since(known))
                {
                    if (!writer.TrySend(PacketFactory.Ownership(update)))
                    {
                        return;
                    }

                    if (await _received.Reader.ReadAsync(cancellationToken) != update.Version)
                    {
                        known = 0;
                        break;
                    }

                    known = update.More ? 0 : update.Version;
                }
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The lane ends.
        }
    }
}
