namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        4000, LogLevel.Information, "A {Kind} request got no answer of cluster {Cluster}: {Reason}: {Detail}", EventName = "ForwardFailed")]
    public static partial void ForwardFailed(this ILogger logger, Exception? error, string kind, string cluster, string reason, string detail);

    [LoggerMessage(
        4001, LogLevel.Warning,
        "Cluster {Cluster} answers 401: it does not take the gateway's {Credential} any more, which may have expired or been revoked; renew it "
        + "in the cluster's Secret or file. This is said once in {Interval}",
        EventName = "CredentialRefused")]
    public static partial void CredentialRefused(this ILogger logger, string cluster, string credential, TimeSpan interval);

    [LoggerMessage(
        4002, LogLevel.Warning, "Cluster {Cluster} cannot be reached: requests to it are answered with 503 for a while", EventName = "CircuitOpened")]
    public static partial void CircuitOpened(this ILogger logger, string cluster);

    [LoggerMessage(4003, LogLevel.Information, "Cluster {Cluster} can be reached again", EventName = "CircuitClosed")]
    public static partial void CircuitClosed(this ILogger logger, string cluster);
}
