using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>What another server made of a dial.</summary>
/// <param name="Result">As its own frontend would hear it.</param>
/// <param name="IsFinal">False when no agent has answered, so that another server may be asked.</param>
internal readonly record struct PeerAnswer(DialResult Result, bool IsFinal)
{
    public static PeerAnswer LaneEnded { get; } = new(DialResult.Failed(DialFailureReason.AgentLost), IsFinal: false);
}
