namespace ClusterProxy.Server;

/// <summary>Which servers there are.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(2600, LogLevel.Information, "Agents are told of {Count} servers: {Servers}", EventName = "ServersAnnounced")]
    public static partial void ServersAnnounced(this ILogger logger, int count, string servers);

    [LoggerMessage(
        2601, LogLevel.Warning,
        "The servers that agents are told of do not name this one, {ServerId}: agents that connect here leave for the others. "
        + "Name it, or give it the --server-id under which it is named", EventName = "ServerNotAnnounced")]
    public static partial void ServerNotAnnounced(this ILogger logger, string serverId);

    [LoggerMessage(
        2602, LogLevel.Warning, "{File} changed and cannot be used, agents are told of the servers that were read before: {Error}",
        EventName = "ServersFileRefused")]
    public static partial void ServersFileRefused(this ILogger logger, string file, string error);

    [LoggerMessage(
        2603, LogLevel.Warning, "--{Flag}: {Name} cannot be resolved, the servers that were found before count: {Error}",
        EventName = "ServerLookupFailed")]
    public static partial void ServerLookupFailed(this ILogger logger, string flag, string name, string error);

    [LoggerMessage(
        2605, LogLevel.Information,
        "--server-count is {Count}, and there are {Servers} servers: agents that do not understand the list of servers, such as "
        + "upstream's, connect to {Count} of them", EventName = "ServerCountBehind")]
    public static partial void ServerCountBehind(this ILogger logger, int count, int servers);

    [LoggerMessage(
        2604, LogLevel.Error, "The loop that looks for servers failed; this is a defect", EventName = "ServerLookupFaulted")]
    public static partial void ServerLookupFaulted(this ILogger logger, Exception exception);
}
