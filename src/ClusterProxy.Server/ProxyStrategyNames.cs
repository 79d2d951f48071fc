namespace ClusterProxy.Server;

/// <summary>How strategies read in flags and metrics.</summary>
internal static class ProxyStrategyNames
{
    public static string Of(ProxyStrategy strategy) => strategy switch
    {
        ProxyStrategy.Default => "default",
        ProxyStrategy.DestHost => "destHost",
        ProxyStrategy.DefaultRoute => "defaultRoute",
        _ => throw new ArgumentOutOfRangeException(nameof(strategy), strategy, "a strategy without a name"),
    };
}
