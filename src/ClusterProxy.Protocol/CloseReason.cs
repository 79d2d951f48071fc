namespace ClusterProxy.Protocol;

/// <summary>Why a connection ended. The first reason wins and is the one that log, metric and wire show.</summary>
internal enum CloseReason
{
    /// <summary>The frontend asked for the end: CLOSE_REQ, or the end of a CONNECT client's stream.</summary>
    FrontendClosed,

    /// <summary>The frontend's stream or socket broke, or was cancelled.</summary>
    FrontendLost,

    /// <summary>The target ended the stream, or reset it behind an agent that does not tell the two apart, as upstream's.</summary>
    TargetClosed,

    /// <summary>The target reset the connection or broke it otherwise.</summary>
    TargetReset,

    /// <summary>The tunnel that carried the connection ended.</summary>
    TunnelLost,

    /// <summary>The receiver did not take its bytes within the stall limit.</summary>
    Stalled,

    /// <summary>The peer did not answer CLOSE_REQ in time.</summary>
    CloseTimeout,

    /// <summary>The peer broke the packet rules.</summary>
    ProtocolError,

    /// <summary>This process is shutting down and the grace period is over.</summary>
    ShuttingDown,
}
