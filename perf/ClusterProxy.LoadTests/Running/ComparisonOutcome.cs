namespace ClusterProxy.LoadTests.Running;

/// <param name="Results">In the order they were taken.</param>
/// <param name="Missing">Topologies that were left out, with the reason.</param>
/// <param name="Elapsed">Of the whole run.</param>
internal sealed record ComparisonOutcome(
    IReadOnlyList<RunResult> Results, IReadOnlyDictionary<string, string> Missing, TimeSpan Elapsed);
