using System.Globalization;

namespace ClusterProxy.LoadTests.Report;

/// <summary>The report's cells as text, the same for every table format.</summary>
internal static class ReportTable
{
    public static IReadOnlyList<string> Columns { get; } =
    [
        "scenario", "topology", "figure", "±", "× direct", "× haproxy", "× ssh -R", "CPU", "CPU × haproxy", "load CPU",
        "p50 ms", "p99 ms", "RSS MiB", "more",
    ];

    public static IReadOnlyList<string> VerdictColumns { get; } = ["scenario", "topology", "figure", "measured", "required", "met"];

    public static IEnumerable<IReadOnlyList<string>> Rows(ComparisonReport report) => report.Rows.Select(row => (IReadOnlyList<string>)
    [
        row.Scenario, row.Topology, row.Value is { } value ? $"{Number(value.Value)} {row.Unit}" : "failed", Percent(row.Value?.Spread),
        Ratio(row, "direct"), Ratio(row, "haproxy"), Ratio(row, "ssh -R"),
        row.Cpu is { Value: > 0 } cpu ? $"{Number(cpu.Value)} {row.CpuUnit}" : "", row.CpuRatio is { Value: > 0 } ratio ? Number(ratio.Value) : "",
        Number(row.LoadCpu), Number(row.P50), Number(row.P99), row.Resident is > 0 ? Number(row.Resident) : "", More(row),
    ]);

    public static IEnumerable<IReadOnlyList<string>> VerdictRows(ComparisonReport report) => report.Verdicts.Select(v => (IReadOnlyList<string>)
        [v.Scenario, v.Topology, v.What, Number(v.Measured), v.Required, v.IsMet ? "yes" : "NO"]);

    public static IEnumerable<string> Notes(ComparisonReport report)
    {
        yield return report.Machine;
        yield return $"{report.Rounds} rounds, {Number(report.WindowSeconds)} s a figure, medians; {Number(report.ElapsedSeconds)} s in all";
        foreach (var (name, reason) in report.Missing)
        {
            yield return $"left out: {name}: {reason}";
        }
    }

    public static string Number(double? value) => value switch
    {
        null => "",
        _ when double.IsNaN(value.Value) => "never",
        { } v when Math.Abs(v) >= 100 => v.ToString("#,0", CultureInfo.InvariantCulture),
        { } v when Math.Abs(v) >= 10 => v.ToString("0.0", CultureInfo.InvariantCulture),
        { } v => v.ToString("0.00", CultureInfo.InvariantCulture),
    };

    private static string Percent(double? part) => part is { } p ? $"{100 * p:0} %" : "";

    private static string Ratio(ReportRow row, string reference) =>
        row.Topology != reference && row.Ratios.GetValueOrDefault(reference) is { } ratio ? Number(ratio.Value) : "";

    private static string More(ReportRow row) => string.Join(
        ", ",
        row.More.Select(pair => $"{pair.Key} {Number(pair.Value)}").Concat(row.Failure is { } failure ? [failure] : []));
}
