using ClusterProxy.LoadTests.Baselines;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Report;
using ClusterProxy.LoadTests.Running;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Tests.Report;

public sealed class ComparisonReportTests
{
    private const string Ours = "ours grpc+tls";
    private const string Scenario = "download-1";

    private static readonly CompareSettings Settings = new()
    {
        Plans =
        [
            new("direct", TopologyKind.Direct, Missing: null), new("haproxy", TopologyKind.Haproxy, Missing: null),
            new(Ours, TopologyKind.Own, Missing: null),
        ],
        Scenarios = [new NamedScenario(Scenario), new NamedScenario("at-rest")],
        Rounds = 3,
        Window = TimeSpan.FromSeconds(1),
        Large = false,
        WarmUp = TimeSpan.Zero,
        OnProgress = static _ => { },
    };

    /// <summary>A machine that was slow for one round was slow for both.</summary>
    [Fact]
    public void Ratio_IsTheMedianOfTheRatiosOfEachRound()
    {
        var report = Create([(Ours, 0, 100), (Ours, 1, 10), (Ours, 2, 90), ("haproxy", 0, 100), ("haproxy", 1, 5), ("haproxy", 2, 90)]);

        var row = report.Rows.Single(static r => r.Topology == Ours);
        Assert.Equal((90, 1), (row.Value!.Value, row.Ratios["haproxy"].Value));
        Assert.Equal(["haproxy"], row.Ratios.Keys);
        var verdict = Assert.Single(report.Verdicts);
        Assert.Equal(("× haproxy", "≥ 0.8", true), (verdict.What, verdict.Required, verdict.IsMet));
    }

    [Fact]
    public void Round_ThatFailed_IsSaid_AndTheOthersCount()
    {
        var report = Create([(Ours, 0, 100), (Ours, 1, null), (Ours, 2, 120)]);

        var row = Assert.Single(report.Rows);
        Assert.Equal((110, "it broke"), (row.Value!.Value, row.Failure));
        Assert.Contains(ReportTable.Rows(report).Single(), static cell => cell.Contains("it broke", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(79.9, false)]
    [InlineData(80, true)]
    public void Requirement_IncludesItsBound(double ours, bool isMet)
    {
        var report = Create([(Ours, 0, ours), ("haproxy", 0, 100)]);

        Assert.Equal(isMet, Assert.Single(report.Verdicts).IsMet);
    }

    [Fact]
    public async Task Baseline_IsOfOurs_ByTheNearestReference_AndComesBackFromItsFile()
    {
        using var folder = new TemporaryDirectory();
        var report = Create([(Ours, 0, 50), ("haproxy", 0, 100), ("direct", 0, 1000)]);

        var baseline = Baseline.Of(report, new HashSet<string> { Ours });

        Assert.Equal([new BaselineEntry(Scenario, Ours, "× haproxy", 0.5, Spread: null, HigherIsBetter: true)], baseline.Entries);
        await baseline.WriteAsync(folder.File("baseline.json"), CancellationToken.None);
        var read = await Baseline.ReadAsync(folder.File("baseline.json"), CancellationToken.None);
        Assert.Equal(baseline.Entries, read.Entries);
        Assert.Empty(BaselineCheck.FindRegressions(read, baseline, report));
    }

    private static ComparisonReport Create(IEnumerable<(string Topology, int Round, double? Value)> rounds) => ComparisonReport.Create(
        Settings,
        new ComparisonOutcome(
            [.. rounds.Select(static r => new RunResult(
                Scenario, r.Topology, r.Round, r.Value is { } value ? new Sample { Value = value } : null, r.Value is null ? "it broke" : null))],
            new Dictionary<string, string>(),
            TimeSpan.Zero));
}
