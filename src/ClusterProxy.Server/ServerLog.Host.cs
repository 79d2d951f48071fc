namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(
        2400, LogLevel.Information,
        "Server {ServerId} serves frontends on {Frontend}, agents on port {AgentPort}, health on port {HealthPort}, "
        + "administration on {Admin}",
        EventName = "ServerStarted")]
    public static partial void ServerStarted(
        this ILogger logger, string serverId, string frontend, int agentPort, int healthPort, string admin);

    [LoggerMessage(
        2401, LogLevel.Warning,
        "The agent port {AgentPort} accepts any client, because of --insecure-agent-port: whoever reaches it can become an agent",
        EventName = "AgentPortOpen")]
    public static partial void AgentPortOpen(this ILogger logger, int agentPort);

    [LoggerMessage(
        2402, LogLevel.Information, "Shutting down: {Connections} connections may go on for {Grace}", EventName = "ShutdownStarted")]
    public static partial void ShutdownStarted(this ILogger logger, int connections, TimeSpan grace);

    [LoggerMessage(2403, LogLevel.Information, "The grace is over: closing {Connections} connections", EventName = "ShutdownForced")]
    public static partial void ShutdownForced(this ILogger logger, int connections);

    [LoggerMessage(
        2405, LogLevel.Warning,
        "Agents are believed what they announce, because {Cause}: whoever holds {Credential} can take over the traffic of any cluster. {Remedy}",
        EventName = "AgentIdentityClaimed")]
    public static partial void AgentIdentityClaimed(this ILogger logger, string cause, string credential, string remedy);

    [LoggerMessage(
        2406, LogLevel.Information,
        "Agents may announce only what belongs to the cluster in their certificate, because {Cause}", EventName = "AgentIdentityBound")]
    public static partial void AgentIdentityBound(this ILogger logger, string cause);

    [LoggerMessage(
        2409, LogLevel.Information, "Agents may announce only what their token allows, because of {Flag}",
        EventName = "AgentIdentityOfToken")]
    public static partial void AgentIdentityOfToken(this ILogger logger, string flag);

    [LoggerMessage(2407, LogLevel.Information, "{File} changed and is in use: {Rules} rules", EventName = "PolicyReloaded")]
    public static partial void PolicyReloaded(this ILogger logger, string file, int rules);

    [LoggerMessage(
        2408, LogLevel.Warning, "{File} changed and cannot be used, the rules that were loaded before stay in force: {Error}",
        EventName = "PolicyRefused")]
    public static partial void PolicyRefused(this ILogger logger, string file, string error);

    [LoggerMessage(
        2410, LogLevel.Information, "Connection from {Peer} to the {Plane} port ended for what came on it: {Reason}", EventName = "ConnectionBroken")]
    public static partial void ConnectionBroken(this ILogger logger, string plane, string peer, string reason);

    [LoggerMessage(2404, LogLevel.Information, "Shut down", EventName = "ShutdownFinished")]
    public static partial void ShutdownFinished(this ILogger logger);
}
