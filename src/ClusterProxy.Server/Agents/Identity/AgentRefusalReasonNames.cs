namespace ClusterProxy.Server.Agents.Identity;

internal static class AgentRefusalReasonNames
{
    /// <summary>The metric label.</summary>
    public static string ToTag(this AgentRefusalReason reason) => reason switch
    {
        AgentRefusalReason.BadMetadata => "bad_metadata",
        AgentRefusalReason.NoCluster => "no_cluster",
        AgentRefusalReason.InvalidIdentity => "invalid_identity",
        AgentRefusalReason.ForeignIdentifier => "foreign_identifier",
        AgentRefusalReason.NoToken => "no_token",
        AgentRefusalReason.TokenRejected => "token_rejected",
        AgentRefusalReason.WrongAccount => "wrong_account",
        AgentRefusalReason.MissingClaim => "missing_claim",
        AgentRefusalReason.TooManyConnections => "too_many_connections",
        AgentRefusalReason.NotInTime => "not_in_time",
        AgentRefusalReason.TokenUnavailable => "token_unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(reason), reason, "a reason without a name"),
    };
}
