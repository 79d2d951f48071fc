using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Counts what a tunnel moves. Called for each packet: an implementation must not block or allocate.</summary>
internal interface IPacketObserver
{
    /// <param name="type">The kind of packet.</param>
    /// <param name="payloadBytes">Of DATA; 0 otherwise.</param>
    void PacketSent(PacketType type, long payloadBytes);

    /// <param name="type">The kind of packet; may be a number that this build does not know.</param>
    /// <param name="payloadBytes">Of DATA; 0 otherwise.</param>
    void PacketReceived(PacketType type, long payloadBytes);

    /// <summary>The peer sent more of a connection than it had credit for.</summary>
    void CreditViolated(long connectId);

    /// <summary>The peer took credit back, or granted what no counter holds.</summary>
    void CreditRefused(long connectId);

    /// <summary>A connection's queue is full and its tunnel waits.</summary>
    void StallStarted();

    /// <summary>The wait is over.</summary>
    /// <param name="elapsed">How long the tunnel stood still.</param>
    void StallEnded(TimeSpan elapsed);
}
