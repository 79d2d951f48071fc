using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server;

/// <summary>
/// Counts the packets of one stream, knows whether its reader stands still, and tells of packets that did nothing: each is counted, the
/// first of a kind has a line, and the others have one together at the end.
/// </summary>
/// <param name="sent">Counts what goes out.</param>
/// <param name="received">Counts what comes in.</param>
/// <param name="metrics">Of the server.</param>
/// <param name="refusals">Gets the lines.</param>
/// <param name="peer">Who sends.</param>
internal sealed class LegObserver(PacketCounts sent, PacketCounts received, ServerMetrics metrics, ILogger refusals, IStreamPeer peer) : IPacketObserver
{
    private static readonly PacketRefusal[] Kinds = Enum.GetValues<PacketRefusal>();

    private long[]? _refused;
    private volatile bool _stalled;

    public bool IsStalled => _stalled;

    public void PacketSent(PacketType type, long payloadBytes) => sent.Add(type, payloadBytes);

    public void PacketReceived(PacketType type, long payloadBytes) => received.Add(type, payloadBytes);

    public void CreditViolated(long connectId)
    {
        metrics.CreditViolated();
        Refuse(PacketRefusal.PastCredit, connectId);
    }

    public void CreditRefused(long connectId) => Refuse(PacketRefusal.BadCredit, connectId);

    public void StallStarted() => _stalled = true;

    public void StallEnded(TimeSpan elapsed)
    {
        _stalled = false;
        metrics.Stalled(elapsed);
    }

    /// <summary>A packet did nothing, or cost its connection. Only the stream's reader calls it.</summary>
    /// <param name="refusal">Why.</param>
    /// <param name="id">Of the connection or dial that it named; 0 for none.</param>
    public void Refuse(PacketRefusal refusal, long id)
    {
        metrics.PacketRefused(received, refusal);
        if (refusal == PacketRefusal.Late)
        {
            return;
        }

        _refused ??= new long[Kinds.Length];
        if (_refused[(int)refusal]++ == 0)
        {
            refusals.PacketRefused(peer.Who, peer.Address, refusal.ToTag(), id);
        }
    }

    /// <summary>The stream has ended, and its reader.</summary>
    public void End()
    {
        foreach (var kind in _refused is null ? [] : Kinds)
        {
            if (_refused![(int)kind] is > 1 and var count)
            {
                refusals.PacketsRefused(peer.Who, peer.Address, count, kind.ToTag());
            }
        }
    }
}
