using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes;

/// <summary>What the Kubernetes client logs; ids 5000 to 5999. Requests and files: 5000 to 5099.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(5000, LogLevel.Warning, "Going on with what was read before: {Error}", EventName = "KeptLastFile")]
    public static partial void KeptLastFile(ILogger logger, string error);

    [LoggerMessage(5001, LogLevel.Debug, "Trying again in {Delay}, attempt {Attempt}: {Error}", EventName = "RequestRetried")]
    public static partial void RequestRetried(ILogger logger, TimeSpan delay, int attempt, string error);
}
