using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server;

/// <summary>Agents' tokens and the server's lease.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(2050, LogLevel.Debug, "Agent at {Peer} showed a token of {Account}", EventName = "AgentTokenAccepted")]
    public static partial void AgentTokenAccepted(this ILogger logger, string peer, AgentToken account);

    [LoggerMessage(
        2051, LogLevel.Information,
        "The token with which agent {AgentId} at {Peer} connected ended at {End:u}, and cannot be reviewed any more: its tunnel goes on "
        + "without", EventName = "AgentTokenEnded")]
    public static partial void AgentTokenEnded(this ILogger logger, string agentId, string peer, DateTimeOffset end);

    [LoggerMessage(
        2052, LogLevel.Warning, "The token with which agent {AgentId} at {Peer} connected is no longer good, its tunnel is ended: {Reason}",
        EventName = "AgentTokenRevoked")]
    public static partial void AgentTokenRevoked(this ILogger logger, string agentId, string peer, string reason);

    [LoggerMessage(
        2053, LogLevel.Information, "Cut the connection from {Peer} to the agent port: no agent was let in on it within {Patience}",
        EventName = "AgentNotInTime")]
    public static partial void AgentNotInTime(this ILogger logger, string peer, TimeSpan patience);

    [LoggerMessage(2060, LogLevel.Information, "Expired leases could not be removed, trying again: {Error}", EventName = "LeaseCollectionFailed")]
    public static partial void LeaseCollectionFailed(this ILogger logger, string error);

    [LoggerMessage(2061, LogLevel.Information, "Removed the lease {Lease}, which had expired", EventName = "LeaseCulled")]
    public static partial void LeaseCulled(this ILogger logger, string lease);
}
