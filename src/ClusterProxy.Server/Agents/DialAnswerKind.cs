namespace ClusterProxy.Server.Agents;

/// <summary>How a tunnel answered a dial.</summary>
internal enum DialAnswerKind
{
    /// <summary>DIAL_RSP with a connection.</summary>
    Connected,

    /// <summary>DIAL_RSP with an error.</summary>
    Refused,

    /// <summary>DIAL_CLS.</summary>
    Closed,

    /// <summary>Not yet, nor to anything else, and there is another way.</summary>
    Unanswered,

    /// <summary>Not at all: it ended.</summary>
    TunnelEnded,

    /// <summary>Whoever asked no longer waits.</summary>
    GivenUp,
}
