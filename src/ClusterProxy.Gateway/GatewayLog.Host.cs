namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        4050, LogLevel.Information, "The gateway serves {Group} on port {SecurePort}, health and metrics on port {HealthPort}",
        EventName = "GatewayStarted")]
    public static partial void GatewayStarted(this ILogger logger, string group, int securePort, int healthPort);

    [LoggerMessage(
        4051, LogLevel.Information, "Shutting down: {Requests} requests may go on for {Grace}", EventName = "ShutdownStarted")]
    public static partial void ShutdownStarted(this ILogger logger, int requests, TimeSpan grace);

    [LoggerMessage(
        4052, LogLevel.Information, "The grace is over: cutting {Requests} requests, upgraded ones among them",
        EventName = "ShutdownForced")]
    public static partial void ShutdownForced(this ILogger logger, int requests);

    [LoggerMessage(4053, LogLevel.Information, "Shut down", EventName = "ShutdownFinished")]
    public static partial void ShutdownFinished(this ILogger logger);

    [LoggerMessage(
        4054, LogLevel.Warning,
        "Nothing is audited: --audit-policy-file and --audit-webhook-config-file have no effect here; give --audit-log-path for a line a request",
        EventName = "AuditUnheeded")]
    public static partial void AuditUnheeded(this ILogger logger);
}
