namespace ClusterProxy.Server.Audit;

/// <summary>
/// One line of the audit: who did what and what came of it. What is null or empty is left out. No field is ever filled from
/// the bytes of a connection, from a header or from a key; texts that peers chose are bounded.
/// </summary>
internal sealed record AuditEntry(string Event, DateTimeOffset Time)
{
    /// <summary>A frontend's dial has ended, one way or the other.</summary>
    public const string Dial = "dial";

    /// <summary>A connection has ended.</summary>
    public const string Close = "close";

    /// <summary>A CONNECT request was refused before it was a dial.</summary>
    public const string Request = "request";

    /// <summary>A certificate was refused.</summary>
    public const string Handshake = "handshake";

    /// <summary>An agent or a lane was not let in.</summary>
    public const string Agent = "agent";

    /// <summary>Another server's lane was not taken.</summary>
    public const string Server = "server";

    /// <summary><c>frontend</c>, <c>agent</c> or <c>peer</c>.</summary>
    public string Plane { get; init; } = "frontend";

    /// <summary>How the frontend speaks.</summary>
    public string Frontend { get; init; } = "";

    /// <summary>Every name by which the server knows who it was.</summary>
    public IReadOnlyCollection<string> Subject { get; init; } = [];

    /// <summary>Who signed the certificate that was refused.</summary>
    public string Issuer { get; init; } = "";

    /// <summary>Where it came from.</summary>
    public string Peer { get; init; } = "";

    public string ConnectionId { get; init; } = "";

    public string TraceId { get; init; } = "";

    /// <summary>What was dialled.</summary>
    public string Target { get; init; } = "";

    /// <summary>The cluster in the certificate of the agent that dialled; empty when agents are believed what they claim.</summary>
    public string Cluster { get; init; } = "";

    /// <summary>The agent that dialled.</summary>
    public string AgentId { get; init; } = "";

    /// <summary>The server whose agent that is; empty when it is this one's.</summary>
    public string Via { get; init; } = "";

    /// <summary><c>connected</c>, or why not; of a connection why it ended.</summary>
    public string Result { get; init; } = "";

    /// <summary>For people.</summary>
    public string Detail { get; init; } = "";

    public long? BytesToTarget { get; init; }

    public long? BytesToFrontend { get; init; }

    /// <summary>Since the dial began.</summary>
    public TimeSpan? Duration { get; init; }
}
