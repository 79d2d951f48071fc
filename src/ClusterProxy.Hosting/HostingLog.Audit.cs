using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        7400, LogLevel.Error,
        "The audit's output does not take lines as fast as they come: some are lost from now on. Look at the disk, or at what reads "
        + "standard output", EventName = "AuditFallsBehind")]
    public static partial void AuditFallsBehind(ILogger logger);

    [LoggerMessage(
        7401, LogLevel.Error, "Audit lines cannot be written and are lost until they can: {Error}", EventName = "AuditUnwritable")]
    public static partial void AuditUnwritable(ILogger logger, string error);

    [LoggerMessage(7402, LogLevel.Warning, "{Lines} audit lines were lost", EventName = "AuditLinesLost")]
    public static partial void AuditLinesLost(ILogger logger, long lines);

    [LoggerMessage(7403, LogLevel.Error, "The audit's writer failed; this is a defect", EventName = "AuditFailed")]
    public static partial void AuditFailed(ILogger logger, Exception exception);
}
