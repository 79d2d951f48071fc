using Spectre.Console;

namespace ClusterProxy.Cli.Health;

/// <summary>The table of <c>health</c>; plain text when the output is no terminal.</summary>
internal static class HealthTable
{
    public static void Write(IReadOnlyList<HealthReport> reports, TextWriter output, bool isTerminal)
    {
        var console = TableConsole.Create(output, isTerminal);
        var table = new Table().Border(isTerminal ? TableBorder.Rounded : TableBorder.Ascii2);
        table.AddColumns("Target", "Health", "Dial", "TLS", "GET", "Status", "Error");
        foreach (var report in reports)
        {
            table.AddRow(
                Cell(report.Target),
                report.Healthy ? new Text("healthy", Color.Green) : new Text("unhealthy", Color.Red),
                Latency(report.DialMilliseconds),
                Latency(report.TlsMilliseconds),
                Latency(report.RequestMilliseconds),
                Cell(report.StatusCode?.ToString() ?? "-"),
                Cell(report.Error is null ? "" : $"{report.FailedStep}: {report.Error}"));
        }

        console.Write(table);
        var unhealthy = reports.Where(static r => !r.Healthy).ToArray();
        foreach (var report in unhealthy)
        {
            console.WriteLine(Printable($"{report.Target}: {report.Remedy}"));
        }

        console.WriteLine($"{reports.Count - unhealthy.Length} healthy, {unhealthy.Length} unhealthy");
    }

    private static Text Latency(double? milliseconds) => new(milliseconds is { } value ? $"{value:0.0} ms" : "-");

    /// <summary>Targets write some of these texts: they must not drive a terminal.</summary>
    private static Text Cell(string text) => new(Printable(text));

    private static string Printable(string text) => string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c));
}
