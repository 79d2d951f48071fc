using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes;

/// <summary>Reviews: 5300 to 5399.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(EventId = 5300, Message = "A {Review} could not be made, so nobody is let in by it: {Error}", EventName = "ReviewFailed")]
    public static partial void ReviewFailed(ILogger logger, LogLevel level, string review, string error);
}
