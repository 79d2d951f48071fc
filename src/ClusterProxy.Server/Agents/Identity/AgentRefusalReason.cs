namespace ClusterProxy.Server.Agents.Identity;

/// <summary>Why an agent was not let in; closed, since it is a metric label.</summary>
internal enum AgentRefusalReason
{
    /// <summary>What it said about itself is missing, repeated or malformed.</summary>
    BadMetadata,

    /// <summary>Its certificate names no cluster, or it showed none.</summary>
    NoCluster,

    /// <summary>The names in its certificate are malformed or contradict each other.</summary>
    InvalidIdentity,

    /// <summary>It announced something that does not belong to its cluster.</summary>
    ForeignIdentifier,

    /// <summary>It showed no token, or more than one.</summary>
    NoToken,

    /// <summary>Its token is nobody's, has ended, or is for another audience.</summary>
    TokenRejected,

    /// <summary>Its token is of another account.</summary>
    WrongAccount,

    /// <summary>Its token does not say of which node or pod it is.</summary>
    MissingClaim,

    /// <summary>Whoever holds its token has as many connections as he may.</summary>
    TooManyConnections,

    /// <summary>It was connected for a while, and had not been let in.</summary>
    NotInTime,

    /// <summary>Nobody could review its token.</summary>
    TokenUnavailable,
}
