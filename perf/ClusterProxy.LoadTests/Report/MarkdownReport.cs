namespace ClusterProxy.LoadTests.Report;

internal static class MarkdownReport
{
    public static void Write(TextWriter output, ComparisonReport report)
    {
        foreach (var note in ReportTable.Notes(report))
        {
            output.WriteLine($"- {Escape(note)}");
        }

        output.WriteLine();
        Write(output, ReportTable.Columns, ReportTable.Rows(report));
        output.WriteLine();
        Write(output, ReportTable.VerdictColumns, ReportTable.VerdictRows(report));
    }

    private static void Write(TextWriter output, IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        WriteRow(output, columns);
        WriteRow(output, [.. columns.Select(_ => "---")]);
        foreach (var row in rows)
        {
            WriteRow(output, row);
        }
    }

    private static void WriteRow(TextWriter output, IReadOnlyList<string> cells) =>
        output.WriteLine($"| {string.Join(" | ", cells.Select(Escape))} |");

    private static string Escape(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
