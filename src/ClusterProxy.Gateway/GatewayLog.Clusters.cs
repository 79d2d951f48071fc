namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        4100, LogLevel.Warning, "{Source} describes no cluster that can be used and is left out: {Reason}", EventName = "DescriptionRefused")]
    public static partial void DescriptionRefused(this ILogger logger, string source, string reason);

    [LoggerMessage(
        4101, LogLevel.Warning,
        "The certificate of cluster {Cluster} is not checked, because {Source} says so: whoever is on the way can read and change everything, "
        + "the gateway's credential too",
        EventName = "ClusterInsecure")]
    public static partial void ClusterInsecure(this ILogger logger, string cluster, string source);

    [LoggerMessage(
        4102, LogLevel.Error, "Reading {Source} failed unexpectedly; this is a defect, and its cluster alone is left out",
        EventName = "DescriptionFailed")]
    public static partial void DescriptionFailed(this ILogger logger, string source, Exception exception);
}
