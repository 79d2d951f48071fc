namespace ClusterProxy.Client;

/// <summary>Why a dial failed; the reasons, and their names in metrics, are konnectivity's.</summary>
public enum DialFailureReason
{
    /// <summary>Anything that no other reason covers, such as an answer that breaks the protocol.</summary>
    Unknown,

    /// <summary>
    /// The server or the agent answered with an error: no agent, connection refused, no such host. The exception's message
    /// ends with its text.
    /// </summary>
    Endpoint,

    /// <summary><see cref="TunnelClientOptions.DialTimeout"/> passed without an answer.</summary>
    Timeout,

    /// <summary>The caller's token was cancelled, or the caller's deadline passed.</summary>
    Context,

    /// <summary>The far end gave the dial up (DIAL_CLS).</summary>
    DialClosed,

    /// <summary>The tunnel ended during the dial, or the client is disposed.</summary>
    TunnelClosed,

    /// <summary>The tunnel carries a connection already. Never reported: this client opens one tunnel a dial.</summary>
    TunnelStarted,

    /// <summary>The proxy server could not be reached, or did not accept a new tunnel.</summary>
    StreamSetup,
}
