using ClusterProxy.LoadTests.Running;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Report;

/// <summary>The table with what one needs to read it.</summary>
internal sealed record ComparisonReport
{
    private const string Haproxy = "haproxy";

    public required string Machine { get; init; }

    public required int Rounds { get; init; }

    public required double WindowSeconds { get; init; }

    public required double ElapsedSeconds { get; init; }

    public required IReadOnlyDictionary<string, string> Missing { get; init; }

    public required IReadOnlyList<ReportRow> Rows { get; init; }

    public required IReadOnlyList<Verdict> Verdicts { get; init; }

    public static ComparisonReport Create(CompareSettings settings, ComparisonOutcome outcome)
    {
        string[] references = [.. settings.Plans.Where(p => p.IsReference).Select(p => p.Name)];
        List<ReportRow> rows = [];
        foreach (var scenario in settings.Scenarios)
        {
            foreach (var plan in settings.Plans)
            {
                RunResult[] results = [.. outcome.Results.Where(r => r.Scenario == scenario.Name && r.Topology == plan.Name)];
                if (results.Length > 0)
                {
                    rows.Add(CreateRow(scenario, results, outcome.Results, references));
                }
            }
        }

        return new ComparisonReport
        {
            Machine = MachineText.Describe(),
            Rounds = settings.Rounds,
            WindowSeconds = settings.Window.TotalSeconds,
            ElapsedSeconds = outcome.Elapsed.TotalSeconds,
            Missing = outcome.Missing,
            Rows = rows,
            Verdicts = Requirements.Judge(rows, settings.Plans.Where(p => p.Kind == TopologyKind.Own)),
        };
    }

    private static ReportRow CreateRow(
        Scenarios.Scenario scenario, RunResult[] results, IReadOnlyList<RunResult> all, string[] references)
    {
        double? Reference(string topology, int round, Func<Measuring.Sample, double?> select) =>
            all.FirstOrDefault(r => r.Scenario == scenario.Name && r.Topology == topology && r.Round == round)?.Sample is { } sample
                ? select(sample)
                : null;

        Figure? Ratio(string topology, Func<Measuring.Sample, double?> select) => Figure.Of(
            [.. results.Select(r => r.Sample is { } own && Reference(topology, r.Round, select) is { } other and > 0 ? select(own) / other : null)]);

        Figure? Own(Func<Measuring.Sample, double?> select) =>
            Figure.Of([.. results.Select(r => r.Sample is { } sample ? select(sample) : null)]);

        return new ReportRow
        {
            Scenario = scenario.Name,
            Topology = results[0].Topology,
            Unit = scenario.Unit,
            HigherIsBetter = scenario.HigherIsBetter,
            Value = Own(s => s.Value),
            Ratios = references
                .Select(name => (Name: name, Ratio: Ratio(name, s => s.Value)))
                .Where(pair => pair.Ratio is not null)
                .ToDictionary(pair => pair.Name, pair => pair.Ratio!),
            Cpu = Own(s => s.Cpu),
            CpuUnit = scenario.CpuUnit,
            CpuRatio = Ratio(Haproxy, s => s.Cpu),
            LoadCpu = Own(s => s.LoadCpu)?.Value,
            P50 = Own(s => s.P50)?.Value,
            P99 = Own(s => s.P99)?.Value,
            Resident = Own(s => s.Resident)?.Value,
            More = results.SelectMany(r => r.Sample?.More ?? new Dictionary<string, double>())
                .GroupBy(pair => pair.Key)
                .ToDictionary(group => group.Key, group => Measuring.Statistics.Median(group.Select(pair => (double?)pair.Value)) ?? double.NaN),
            Failure = results.FirstOrDefault(r => r.Failure is not null)?.Failure,
        };
    }
}
