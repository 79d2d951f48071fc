namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(
        2500, LogLevel.Error,
        "The audit's output does not take lines as fast as they come: some are lost from now on. Look at the disk, or at what reads "
        + "standard output", EventName = "AuditFallsBehind")]
    public static partial void AuditFallsBehind(this ILogger logger);

    [LoggerMessage(
        2501, LogLevel.Error, "Audit lines cannot be written and are lost until they can: {Error}", EventName = "AuditUnwritable")]
    public static partial void AuditUnwritable(this ILogger logger, string error);

    [LoggerMessage(2502, LogLevel.Warning, "{Lines} audit lines were lost", EventName = "AuditLinesLost")]
    public static partial void AuditLinesLost(this ILogger logger, long lines);

    [LoggerMessage(2503, LogLevel.Error, "The audit's writer failed; this is a defect", EventName = "AuditFailed")]
    public static partial void AuditFailed(this ILogger logger, Exception exception);
}
