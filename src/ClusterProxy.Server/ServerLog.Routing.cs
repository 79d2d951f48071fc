namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(
        2200, LogLevel.Information, "Agent {AgentId} was lost or fell silent while it dialled {Target}; trying another way",
        EventName = "DialRetried")]
    public static partial void DialRetried(this ILogger logger, string target, string agentId);

    [LoggerMessage(
        2201, LogLevel.Information, "Agent {AgentId} did not answer the dial of {Target} within {Deadline}", EventName = "DialTimedOut")]
    public static partial void DialTimedOut(this ILogger logger, string target, string agentId, TimeSpan deadline);

    [LoggerMessage(2300, LogLevel.Error, "Call of {Method} from {Peer} failed", EventName = "CallFailed")]
    public static partial void CallFailed(this ILogger logger, Exception exception, string method, string peer);
}
