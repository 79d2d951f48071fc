namespace ClusterProxy.LoadTests.Relays;

/// <summary>Bytes that came at one time.</summary>
internal readonly record struct DelayedChunk(int Length, long Arrived);
