namespace ClusterProxy.Testing.Relays;

/// <summary>What a relay does with the bytes of one direction.</summary>
public enum RelayMode
{
    Pass,

    /// <summary>Stops reading: the sender's window fills up, as toward a peer that hangs.</summary>
    Stall,

    /// <summary>
    /// Reads and drops: the sender believes that all is well, as behind a firewall that forgot the connection. A connection that
    /// has lost bytes stays dark for good, since what came behind a gap would be another stream.
    /// </summary>
    BlackHole,
}
