namespace ClusterProxy.Client.Tunnels;

/// <summary>What carries the packets of one connection, as its <see cref="PacketStreamEnd"/> sees it: a stream of its own, or a lane.</summary>
internal interface IPacketCarrier
{
    /// <summary>The error text of CLOSE_RSP, empty in the ordinary case; null while none has come.</summary>
    string? CloseAnswer { get; }

    /// <summary>Whether the connection ended otherwise than by either end's wish: bytes may be missing.</summary>
    bool IsCutOff { get; }

    /// <summary>Why no more bytes go through, for people.</summary>
    string EndText();

    /// <summary>The connection is being closed: it ends at the latest when the close timeout has passed.</summary>
    void EndWithin();
}
