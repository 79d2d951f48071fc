using System.Diagnostics.CodeAnalysis;
using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Server.Flags;

/// <summary>
/// The value of <c>--proxy-strategies</c>, as upstream reads it: the last occurrence counts, a comma too many does not, and an empty list is an
/// error.
/// </summary>
internal static class ProxyStrategyList
{
    public static FlagType<IReadOnlyList<ProxyStrategy>> FlagType { get; } = new(
        "string",
        TryParse,
        strategies => string.Join(',', strategies.Select(NameOf)),
        "is not a list of proxy strategies: write one or more of default, destHost and defaultRoute with commas between them");

    private static bool TryParse(string text, [MaybeNullWhen(false)] out IReadOnlyList<ProxyStrategy> strategies)
    {
        var read = new List<ProxyStrategy>();
        strategies = read;
        foreach (var name in text.Split(',', StringSplitOptions.RemoveEmptyEntries))
        {
            ProxyStrategy? strategy = name switch
            {
                "default" => ProxyStrategy.Default,
                "destHost" => ProxyStrategy.DestHost,
                "defaultRoute" => ProxyStrategy.DefaultRoute,
                _ => null,
            };
            if (strategy is null)
            {
                return false;
            }

            read.Add(strategy.Value);
        }

        return read.Count > 0;
    }

    private static string NameOf(ProxyStrategy strategy) => strategy switch
    {
        ProxyStrategy.DestHost => "destHost",
        ProxyStrategy.DefaultRoute => "defaultRoute",
        _ => "default",
    };
}
