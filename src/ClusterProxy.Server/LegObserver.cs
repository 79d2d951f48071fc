using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Server;

/// <summary>Counts the packets of one tunnel and knows whether its reader stands still.</summary>
internal sealed class LegObserver(PacketCounts sent, PacketCounts received, ServerMetrics metrics) : IPacketObserver
{
    private volatile bool _stalled;

    public bool IsStalled => _stalled;

    public void PacketSent(PacketType type, long payloadBytes) => sent.Add(type, payloadBytes);

    public void PacketReceived(PacketType type, long payloadBytes) => received.Add(type, payloadBytes);

    public void CreditViolated() => metrics.CreditViolated();

    public void StallStarted() => _stalled = true;

    public void StallEnded(TimeSpan elapsed)
    {
        _stalled = false;
        metrics.Stalled(elapsed);
    }
}
