namespace ClusterProxy.Server;

/// <summary>Why a packet did nothing; closed, since it is a metric label. A packet that crossed the end of its connection is among them.</summary>
internal enum PacketRefusal
{
    /// <summary>Its sender has no connection of that id: it is over, or another's.</summary>
    UnknownConnection,

    /// <summary>Its sender has no dial of that id: it was answered, or is another's.</summary>
    UnknownDial,

    /// <summary>A dial under an id that is in use, or a second one where a stream may have one.</summary>
    RepeatedDial,

    /// <summary>Bytes or an end before there is a connection.</summary>
    BeforeConnection,

    /// <summary>A dial from another server that does not say it is forwarded.</summary>
    NotForwarded,
}
