namespace ClusterProxy.Testing.Relays;

/// <summary>A cut that waits for its byte.</summary>
internal readonly record struct RelayCut(long BytesLeft, bool Reset);
