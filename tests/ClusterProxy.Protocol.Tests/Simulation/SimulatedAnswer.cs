namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>What came of a dial.</summary>
internal enum SimulatedAnswer
{
    Connected,
    Refused,
    Cancelled,
    TunnelLost,
}
