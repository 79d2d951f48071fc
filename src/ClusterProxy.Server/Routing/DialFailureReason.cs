namespace ClusterProxy.Server.Routing;

/// <summary>Why a dial has no connection at its end.</summary>
internal enum DialFailureReason
{
    /// <summary>No agent matches the address.</summary>
    NoAgent,

    /// <summary>The agent tried and failed; the text is its own.</summary>
    Refused,

    /// <summary>The agent dropped the dial: DIAL_CLS.</summary>
    ClosedByAgent,

    /// <summary>The agent's tunnel ended first, and no other agent matches.</summary>
    AgentLost,

    /// <summary>No answer within the deadline.</summary>
    TimedOut,

    /// <summary>The frontend gave up.</summary>
    Cancelled,

    /// <summary>The limit of dials in flight is reached.</summary>
    TooManyPending,

    /// <summary>The frontend has as many connections as it may.</summary>
    TooManyConnections,

    /// <summary>The connections that there are hold as many bytes as this process may.</summary>
    BuffersFull,

    /// <summary>No rule of the frontend policy allows it.</summary>
    Denied,

    /// <summary>This server is about to end.</summary>
    ShuttingDown,
}
