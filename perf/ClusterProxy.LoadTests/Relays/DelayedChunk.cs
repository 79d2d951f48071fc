namespace ClusterProxy.LoadTests.Relays;

internal readonly record struct DelayedChunk(byte[] Buffer, int Length, long Arrived);
