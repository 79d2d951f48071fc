using Spectre.Console;

namespace ClusterProxy.Cli.Doctor.Report;

/// <summary>A line a check, with cause and remedy beneath where it is not ok; checks left out for one reason share a line.</summary>
internal static class FindingTable
{
    public static void Write(IReadOnlyList<Finding> findings, TextWriter output, bool isTerminal)
    {
        if (isTerminal)
        {
            Draw(findings, output, isTerminal);
            return;
        }

        // The last column is filled up to its longest text, which is of no use in a file.
        using var drawn = new StringWriter();
        Draw(findings, drawn, isTerminal);
        foreach (var line in drawn.ToString().TrimEnd().Split(drawn.NewLine))
        {
            output.WriteLine(line.TrimEnd());
        }
    }

    private static void Draw(IReadOnlyList<Finding> findings, TextWriter output, bool isTerminal)
    {
        var console = TableConsole.Create(output, isTerminal);
        var grid = new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn(new GridColumn().NoWrap()).AddColumn();
        foreach (var group in Grouped(findings))
        {
            AddTo(grid, group);
        }

        console.Write(grid);
        console.WriteLine();
        console.WriteLine(Summary(findings));
    }

    private static void AddTo(Grid grid, List<Finding> group)
    {
        var first = group[0];
        grid.AddRow(
            Word(first.Result),
            Cell(group.Count == 1 ? first.Id : $"{first.Id} and {group.Count - 1} more"),
            Cell(first.Checked));
        if (first.Cause is { } cause)
        {
            grid.AddRow(Cell(""), Cell("  cause"), Cell(cause));
        }

        if (first.Remedy is { } remedy)
        {
            grid.AddRow(Cell(""), Cell("  remedy"), Cell(remedy));
        }
    }

    private static IEnumerable<List<Finding>> Grouped(IReadOnlyList<Finding> findings)
    {
        var group = new List<Finding>();
        foreach (var finding in findings)
        {
            if (group.Count > 0 && !(finding.Result == CheckResult.NotChecked && group[0].Result == CheckResult.NotChecked && finding.Cause == group[0].Cause))
            {
                yield return group;
                group = [];
            }

            group.Add(finding);
        }

        if (group.Count > 0)
        {
            yield return group;
        }
    }

    private static string Summary(IReadOnlyList<Finding> findings)
    {
        int Count(CheckResult result) => findings.Count(f => f.Result == result);
        return $"{findings.Count} checks: {Count(CheckResult.Ok)} ok, {Count(CheckResult.Warning)} warnings, "
            + $"{Count(CheckResult.Failed)} failed, {Count(CheckResult.NotChecked)} not checked";
    }

    private static Text Word(CheckResult result) => result switch
    {
        CheckResult.Ok => new Text("ok", Color.Green),
        CheckResult.Warning => new Text("warning", Color.Yellow),
        CheckResult.Failed => new Text("FAILED", Color.Red),
        _ => new Text("not checked", Color.Grey),
    };

    /// <summary>Peers wrote some of these texts: they must not drive a terminal.</summary>
    private static Text Cell(string text) => new(string.Concat(text.Select(static c => char.IsControl(c) ? ' ' : c)));
}
