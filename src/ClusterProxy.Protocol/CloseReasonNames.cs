namespace ClusterProxy.Protocol;

/// <summary>The one place that says how a close reason reads in metrics and logs, and on the wire.</summary>
internal static class CloseReasonNames
{
    /// <summary>The value of the <c>reason</c> label and log property.</summary>
    public static string ToTag(this CloseReason reason) => reason switch
    {
        CloseReason.FrontendClosed => "frontend_closed",
        CloseReason.FrontendLost => "frontend_lost",
        CloseReason.TargetClosed => "target_closed",
        CloseReason.TargetReset => "target_reset",
        CloseReason.TunnelLost => "tunnel_lost",
        CloseReason.Stalled => "stalled",
        CloseReason.CloseTimeout => "close_timeout",
        CloseReason.ProtocolError => "protocol_error",
        CloseReason.ShuttingDown => "shutting_down",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a close reason without a name"),
    };

    /// <summary>The error text of CLOSE_RSP. Ordinary ends carry none: upstream's client hands the text to its caller.</summary>
    public static string ToWireText(this CloseReason reason) => reason switch
    {
        CloseReason.FrontendClosed or CloseReason.FrontendLost or CloseReason.TargetClosed or CloseReason.TargetReset or
            CloseReason.TunnelLost => "",
        CloseReason.Stalled => "closed: the receiver did not read within the stall limit",
        CloseReason.CloseTimeout => "closed: the peer did not answer the close request",
        CloseReason.ProtocolError => "closed: packets out of order",
        CloseReason.ShuttingDown => "closed: the proxy is shutting down",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a close reason without a wire text"),
    };

    /// <summary>The same toward a peer that announced our additions: it can tell a cut from an end, and tells its caller.</summary>
    public static string ToPeerText(this CloseReason reason) => reason switch
    {
        CloseReason.TunnelLost => "closed: the tunnel to the agent was lost",
        CloseReason.TargetReset => "closed: the target reset the connection",
        _ => reason.ToWireText(),
    };

    /// <summary>Whether bytes may be missing behind this end.</summary>
    public static bool IsCut(this CloseReason reason) => reason is not (CloseReason.FrontendClosed or CloseReason.TargetClosed);

    /// <summary>
    /// The reason behind a CLOSE_RSP: one of our own agents says by its text when it was not the target's end.
    /// Any other text, such as upstream's for ids it does not know, says no more than that the connection is over.
    /// </summary>
    public static CloseReason FromWireText(string text) => text.Length == 0
        ? CloseReason.TargetClosed
        : Enum.GetValues<CloseReason>().FirstOrDefault(reason => reason.ToPeerText() == text, CloseReason.TargetClosed);
}
