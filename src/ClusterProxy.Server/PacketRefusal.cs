namespace ClusterProxy.Server;

/// <summary>Why a packet did nothing, or cost its connection; closed, since it is a metric label.</summary>
internal enum PacketRefusal
{
    /// <summary>It crossed the end of its connection or dial, as happens to everybody; counted, and not worth a line.</summary>
    Late,

    /// <summary>Its sender has no connection of that id.</summary>
    UnknownConnection,

    /// <summary>Its sender has no dial of that id, or has had the answer.</summary>
    UnknownDial,

    /// <summary>A dial under an id that is in use, or a second one where a stream may have one.</summary>
    RepeatedDial,

    /// <summary>Bytes or an end before there is a connection.</summary>
    BeforeConnection,

    /// <summary>A dial from another server that does not say it is forwarded.</summary>
    NotForwarded,

    /// <summary>More bytes of a connection than its sender had credit for.</summary>
    PastCredit,

    /// <summary>Credit that is negative, or more than a counter holds.</summary>
    BadCredit,

    /// <summary>A type that its sender has no use for, did not announce, or made up.</summary>
    Meaningless,
}
