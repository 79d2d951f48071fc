using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(4310, LogLevel.Information, "{Files} changed and is in use", EventName = "RulesReloaded")]
    public static partial void RulesReloaded(this ILogger logger, ReloadingFile files);

    [LoggerMessage(4311, LogLevel.Warning, "{Files} changed and cannot be used: {Error}", EventName = "RulesRefused")]
    public static partial void RulesRefused(this ILogger logger, ReloadingFile files, string error);
}
