namespace ClusterProxy.Gateway;

internal static partial class GatewayLog
{
    [LoggerMessage(
        4300, LogLevel.Information, "Front proxies are known by {Authorities}, allowed names: {Names}", EventName = "FrontProxyKnown")]
    public static partial void FrontProxyKnown(this ILogger logger, string authorities, string names);

    [LoggerMessage(
        4301, LogLevel.Warning, "ConfigMap {Name} cannot be used as it is, what it said before stays in use: {Problem}",
        EventName = "ExtensionAuthenticationBad")]
    public static partial void ExtensionAuthenticationBad(this ILogger logger, string name, string problem);

    [LoggerMessage(
        4302, LogLevel.Warning, "ConfigMap {Name} is gone, what it said stays in use", EventName = "ExtensionAuthenticationGone")]
    public static partial void ExtensionAuthenticationGone(this ILogger logger, string name);

    [LoggerMessage(
        4303, LogLevel.Warning,
        "The authorities of clients and of front proxies share a key and no names are allowed: whoever has a client certificate could "
        + "speak for everybody, so front proxies are not believed; set requestheader-allowed-names", EventName = "AuthoritiesConfused")]
    public static partial void AuthoritiesConfused(this ILogger logger);
}
