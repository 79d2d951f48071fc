using ClusterProxy.LoadTests.Baselines;
using ClusterProxy.LoadTests.Report;

namespace ClusterProxy.LoadTests.Tests.Baselines;

public sealed class BaselineCheckTests
{
    private const string Scenario = "download-1";
    private const string Topology = "ours";

    private static readonly ComparisonReport Empty = new()
    {
        Machine = "",
        Rounds = 3,
        WindowSeconds = 1,
        ElapsedSeconds = 0,
        Missing = new Dictionary<string, string>(),
        Rows = [],
        Verdicts = [],
    };

    [Theory]
    [InlineData(true, 0.90, 0.70, true)]
    [InlineData(true, 0.90, 0.80, false)]
    [InlineData(true, 0.90, 2.00, false)]
    [InlineData(false, 1.00, 1.30, true)]
    [InlineData(false, 1.00, 1.15, false)]
    [InlineData(false, 1.00, 0.10, false)]
    public void Figure_IsARegression_WhenItIsWorseThanBothNoisesExplain(bool higherIsBetter, double before, double now, bool isRegression)
    {
        var lines = Compare(Entry(before, 0.1, higherIsBetter), Entry(now, 0.1, higherIsBetter));

        Assert.Equal(isRegression ? 1 : 0, lines.Count);
    }

    [Theory]
    [InlineData(0.93, false)]
    [InlineData(0.89, true)]
    public void Rounds_ThatAgreeByLuck_StillLeaveSomeNoise(double now, bool isRegression) =>
        Assert.Equal(isRegression ? 1 : 0, Compare(Entry(1, 0), Entry(now, 0)).Count);

    [Theory]
    [InlineData(0.55, false)]
    [InlineData(0.45, true)]
    public void Figure_TakenOnce_HasTheNoiseOfOneRound(double now, bool isRegression) =>
        Assert.Equal(isRegression ? 1 : 0, Compare(Entry(1, null), Entry(now, null)).Count);

    [Fact]
    public void Line_SaysWhatWasAndWhatIs() => Assert.Equal(
        ["download-1, ours: × haproxy was 1, is 0.5: 50 % worse, where noise explains 20 %"], Compare(Entry(1, 0.1), Entry(0.5, 0.1)));

    [Fact]
    public void Scenario_ThatFailedInEveryRound_IsARegression_AndOneThatWasNotRunIsNone()
    {
        var before = new Baseline("", [Entry(1, 0.1), Entry(1, 0.1) with { Scenario = "upload-1" }]);
        var failed = new ReportRow
        {
            Scenario = Scenario,
            Topology = Topology,
            Unit = "MB/s",
            HigherIsBetter = true,
            Failure = "no answer within 20 s",
        };

        Assert.Equal(
            ["download-1, ours: × haproxy was 1, and failed: no answer within 20 s"],
            BaselineCheck.FindRegressions(before, new Baseline("", []), Empty with { Rows = [failed] }));
    }

    [Fact]
    public void Topology_ThatDidNotStart_IsARegression()
    {
        var report = Empty with { Missing = new Dictionary<string, string> { [Topology] = "its server ended with 1" } };

        Assert.Equal(
            ["download-1, ours: × haproxy was 1, and failed: its server ended with 1"],
            BaselineCheck.FindRegressions(new Baseline("", [Entry(1, 0.1)]), new Baseline("", []), report));
    }

    [Fact]
    public void Reference_ThatDidNotRun_IsARegression_SinceNothingIsCompared()
    {
        var row = new ReportRow
        {
            Scenario = Scenario,
            Topology = Topology,
            Unit = "MB/s",
            HigherIsBetter = true,
            Value = new Figure(500, null),
        };

        Assert.Equal(
            ["download-1, ours: × haproxy was 1, and cannot be told now: what it is measured by did not run, or has failed"],
            BaselineCheck.FindRegressions(new Baseline("", [Entry(1, 0.1)]), new Baseline("", []), Empty with { Rows = [row] }));
    }

    private static IReadOnlyList<string> Compare(BaselineEntry before, BaselineEntry now) =>
        BaselineCheck.FindRegressions(new Baseline("", [before]), new Baseline("", [now]), Empty);

    private static BaselineEntry Entry(double value, double? spread, bool higherIsBetter = true) =>
        new(Scenario, Topology, "× haproxy", value, spread, higherIsBetter);
}
