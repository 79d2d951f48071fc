namespace ClusterProxy.Client;

/// <summary>A dial through the proxy server that failed. The message says what failed with which value and what to do.</summary>
/// <param name="reason">Why.</param>
/// <param name="message">For people.</param>
/// <param name="inner">The fault beneath, if there is one.</param>
public sealed class TunnelConnectException(DialFailureReason reason, string message, Exception? inner = null)
    : IOException(message, inner)
{
    /// <summary>Why the dial failed.</summary>
    public DialFailureReason Reason { get; } = reason;

    /// <summary>
    /// Whether the way to the proxy server failed rather than the target: dialing again, perhaps through another server,
    /// may succeed, and the target has seen no byte of this dial. The client has dialed again once already where the server
    /// had not answered.
    /// </summary>
    public bool IsTransportFailure => Reason is DialFailureReason.TunnelClosed or DialFailureReason.StreamSetup;

    /// <summary>Whether the way broke before the server said anything, so that the same dial may have an answer on another one.</summary>
    internal bool IsUnanswered { get; init; }
}
