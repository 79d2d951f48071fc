using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes;

/// <summary>Lists, watches and queues: 5100 to 5199.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(5100, LogLevel.Debug, "Listed {Count} {Resource} at version {Version}", EventName = "Listed")]
    public static partial void Listed(ILogger logger, string resource, int count, string version);

    [LoggerMessage(EventId = 5101, Message = "Watching {Resource} failed, trying again: {Error}", EventName = "WatchFailed")]
    public static partial void WatchFailed(ILogger logger, LogLevel level, string resource, string error);

    [LoggerMessage(5102, LogLevel.Information, "Work on {Key} failed, again in {Delay}: {Error}", EventName = "WorkRetried")]
    public static partial void WorkRetried(ILogger logger, string key, TimeSpan delay, string error);

    [LoggerMessage(5103, LogLevel.Error, "Work on {Key} failed unexpectedly, again in {Delay}", EventName = "WorkFailed")]
    public static partial void WorkFailed(ILogger logger, string key, TimeSpan delay, Exception error);

    [LoggerMessage(
        5104, LogLevel.Error, "One of those who are told of {Resource} failed at {Name}; this is a defect, and the others are told",
        EventName = "SubscriberFailed")]
    public static partial void SubscriberFailed(ILogger logger, string resource, ResourceName name, Exception error);

    [LoggerMessage(
        5105, LogLevel.Error, "Watching {Resource} failed unexpectedly; this is a defect, and all is listed again", EventName = "InformerFailed")]
    public static partial void InformerFailed(ILogger logger, string resource, Exception error);
}
