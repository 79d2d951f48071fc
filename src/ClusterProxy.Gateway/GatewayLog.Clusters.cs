namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        4100, LogLevel.Warning, "{Source} describes no cluster that can be used and is left out: {Reason}", EventName = "DescriptionRefused")]
    public static partial void DescriptionRefused(this ILogger logger, string source, string reason);
}
