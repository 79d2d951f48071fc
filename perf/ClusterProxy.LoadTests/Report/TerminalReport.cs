using Spectre.Console;

namespace ClusterProxy.LoadTests.Report;

internal static class TerminalReport
{
    private const int WidthOfFiles = 230;

    public static void Write(IAnsiConsole console, ComparisonReport report)
    {
        if (Console.IsOutputRedirected)
        {
            console.Profile.Width = WidthOfFiles;
        }

        foreach (var note in ReportTable.Notes(report))
        {
            console.WriteLine(note);
        }

        console.Write(Create(ReportTable.Columns, ReportTable.Rows(report)));
        if (report.Verdicts.Count > 0)
        {
            console.Write(Create(ReportTable.VerdictColumns, ReportTable.VerdictRows(report)));
        }
    }

    private static Table Create(IReadOnlyList<string> columns, IEnumerable<IReadOnlyList<string>> rows)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        foreach (var row in rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }
}
