namespace ClusterProxy.Testing.Relays;

/// <summary>What a pump may send next.</summary>
/// <param name="Bytes">None, if the cut is due at once.</param>
/// <param name="Wait">Until then the link is busy.</param>
/// <param name="Cut">Behind these bytes the connection is cut.</param>
internal readonly record struct RelayTurn(int Bytes, TimeSpan Wait, RelayCut? Cut);
