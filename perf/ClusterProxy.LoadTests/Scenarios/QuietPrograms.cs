using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>
/// Programs whose idle memory is measured. Ours give memory back when they have been quiet for a while: here for 3 s instead of 30, and
/// they are given that time. Programs that know only upstream's flags are run as ever.
/// </summary>
internal static class QuietPrograms
{
    private const string Flag = "compact-memory-after=3s";

    /// <summary>The 3 s, one more until the first look without work begins, and the collection.</summary>
    public static TimeSpan Rest { get; } = TimeSpan.FromSeconds(5);

    public static TopologyPlan Of(TopologyPlan plan) => plan.Pair is { Mode: null } pair
        ? plan with { Pair = pair with { ServerFlags = [Flag, .. pair.ServerFlags], AgentFlags = [Flag, .. pair.AgentFlags] } }
        : plan;
}
