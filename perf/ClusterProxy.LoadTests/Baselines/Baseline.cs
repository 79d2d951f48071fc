using System.Text.Json;
using ClusterProxy.LoadTests.Report;

namespace ClusterProxy.LoadTests.Baselines;

/// <summary>The figures of a report that a later one is held against.</summary>
internal sealed record Baseline(string Machine, IReadOnlyList<BaselineEntry> Entries)
{
    // The reference whose ratio counts, best first: haproxy does the most similar work.
    private static readonly string[] _references = ["haproxy", "ssh -R", "direct"];

    // Their figures are sizes, which no machine's speed moves.
    private static readonly string[] _sizes = ["at-rest", "idle-connections", "idle-tunnels"];

    /// <param name="report">The run.</param>
    /// <param name="topologies">Names of the topologies that are to be watched: ours.</param>
    public static Baseline Of(ComparisonReport report, IReadOnlySet<string> topologies) => new(
        report.Machine,
        [.. report.Rows.Where(row => topologies.Contains(row.Topology)).SelectMany(EntriesOf)]);

    public static async Task<Baseline> ReadAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await JsonSerializer.DeserializeAsync<Baseline>(file, JsonReport.Options, cancellationToken)
            ?? throw new InvalidDataException($"{path} is no baseline");
    }

    public Task WriteAsync(string path, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, JsonSerializer.Serialize(this, JsonReport.Options) + "\n", cancellationToken);

    private static IEnumerable<BaselineEntry> EntriesOf(ReportRow row)
    {
        if (_references.FirstOrDefault(row.Ratios.ContainsKey) is { } reference)
        {
            var ratio = row.Ratios[reference];
            yield return new(row.Scenario, row.Topology, $"× {reference}", Round(ratio.Value), ratio.Spread, row.HigherIsBetter);
        }
        else if (_sizes.Contains(row.Scenario) && row.Value is { } value)
        {
            yield return new(row.Scenario, row.Topology, row.Unit, Round(value.Value), value.Spread, row.HigherIsBetter);
        }

        if (row.CpuRatio is { Value: > 0 } cpu)
        {
            yield return new(row.Scenario, row.Topology, "CPU × haproxy", Round(cpu.Value), cpu.Spread, HigherIsBetter: false);
        }
    }

    private static double Round(double value) => Math.Round(value, 3);
}
