namespace ClusterProxy.Server.Routing;

/// <summary>How a failed dial reads in metrics and on the wire. Labels and texts of upstream's outcomes are upstream's.</summary>
internal static class DialFailureReasonNames
{
    /// <summary>Counted when a DIAL_RSP belongs to no dial.</summary>
    public const string UnrecognizedResponse = "unrecognized_response";

    /// <summary>Counted when a dial succeeded and its frontend could not be told.</summary>
    public const string SendResponse = "send_rsp";

    /// <summary>The <c>reason</c> label of <c>dial_failure_count</c>.</summary>
    public static string ToTag(this DialFailureReason reason) => reason switch
    {
        DialFailureReason.NoAgent => "no_agent",
        DialFailureReason.Refused => "error_response",
        DialFailureReason.ClosedByAgent or DialFailureReason.AgentLost => "backend_close",
        DialFailureReason.TimedOut => "backend_dial_timeout",
        DialFailureReason.Cancelled => "frontend_close",
        DialFailureReason.TooManyPending => "too_many_pending_dials",
        DialFailureReason.TooManyConnections => "too_many_connections",
        DialFailureReason.BuffersFull => "buffers_full",
        DialFailureReason.Denied => "denied",
        DialFailureReason.ShuttingDown => "shutting_down",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a dial failure without a label"),
    };

    /// <summary>The error text of DIAL_RSP; the agent's own text stands in for <see cref="DialFailureReason.Refused"/>.</summary>
    public static string ToWireText(this DialFailureReason reason) => reason switch
    {
        DialFailureReason.NoAgent => "No agent available",
        DialFailureReason.Refused => "the agent refused the dial",
        DialFailureReason.ClosedByAgent => "the agent closed the dial",
        DialFailureReason.AgentLost => "the agent's tunnel ended while it dialled",
        DialFailureReason.TimedOut => "timed out waiting for backend dial",
        DialFailureReason.Cancelled => "the dial was cancelled",
        DialFailureReason.TooManyPending => "too many dials are pending; try again later",
        DialFailureReason.TooManyConnections =>
            "this client's certificate or user has as many connections open as --max-connections-per-frontend allows; close some, or try again later",
        DialFailureReason.BuffersFull => "the proxy server's buffers are full; try again later",
        DialFailureReason.Denied => "the proxy server's frontend policy does not allow this dial",
        DialFailureReason.ShuttingDown => "the proxy server is shutting down",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a dial failure without a text"),
    };
}
