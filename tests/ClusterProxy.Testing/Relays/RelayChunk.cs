namespace ClusterProxy.Testing.Relays;

/// <summary>Bytes under way through a relay.</summary>
/// <param name="Buffer">Of the shared pool.</param>
/// <param name="Length">0 is the sender's FIN.</param>
/// <param name="Arrived">Time stamp.</param>
internal readonly record struct RelayChunk(byte[] Buffer, int Length, long Arrived);
