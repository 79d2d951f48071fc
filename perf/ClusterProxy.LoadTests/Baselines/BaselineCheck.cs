using ClusterProxy.LoadTests.Report;

namespace ClusterProxy.LoadTests.Baselines;

/// <summary>Holds a run against a baseline: worse counts only beyond the noise that both runs measured themselves.</summary>
internal static class BaselineCheck
{
    // Rounds can agree by luck: even a spread of nothing leaves this much.
    private const double LeastNoise = 0.05;

    // A figure that was taken once has no spread of its own.
    private const double NoiseOfOneRound = 0.25;

    /// <summary>One line for each regression.</summary>
    /// <param name="baseline">What was accepted.</param>
    /// <param name="current">Of the run.</param>
    /// <param name="report">Of the run: what failed or did not start in it has no figure to compare.</param>
    public static IReadOnlyList<string> FindRegressions(Baseline baseline, Baseline current, ComparisonReport report)
    {
        List<string> regressions = [];
        foreach (var before in baseline.Entries)
        {
            var now = current.Entries.FirstOrDefault(
                e => e.Scenario == before.Scenario && e.Topology == before.Topology && e.Figure == before.Figure);
            if (now is null)
            {
                if (FailureOf(before, report) is { } failure)
                {
                    regressions.Add($"{before.Scenario}, {before.Topology}: {before.Figure} was {before.Value:0.###}, {failure}");
                }

                continue;
            }

            var noise = Noise(before) + Noise(now);
            var worse = before.HigherIsBetter ? 1 - (now.Value / before.Value) : (now.Value / before.Value) - 1;
            if (worse > noise)
            {
                regressions.Add(
                    $"{now.Scenario}, {now.Topology}: {now.Figure} was {before.Value:0.###}, is {now.Value:0.###}: "
                    + $"{100 * worse:0} % worse, where noise explains {100 * noise:0} %");
            }
        }

        return regressions;
    }

    /// <summary>Why there is nothing to compare; null for what was not asked for.</summary>
    private static string? FailureOf(BaselineEntry entry, ComparisonReport report)
    {
        var row = report.Rows.FirstOrDefault(r => r.Scenario == entry.Scenario && r.Topology == entry.Topology);
        return (report.Missing.GetValueOrDefault(entry.Topology), row) switch
        {
            ({ } missing, _) => $"and failed: {missing}",
            (_, { Value: null }) => $"and failed: {row.Failure}",
            (_, not null) => "and cannot be told now: what it is measured by did not run, or has failed",
            _ => null,
        };
    }

    private static double Noise(BaselineEntry entry) => Math.Max(LeastNoise, entry.Spread ?? NoiseOfOneRound);
}
