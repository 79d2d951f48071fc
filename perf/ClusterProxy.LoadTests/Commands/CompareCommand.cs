using System.CommandLine;
using ClusterProxy.LoadTests.Baselines;
using ClusterProxy.LoadTests.Report;
using ClusterProxy.LoadTests.Running;
using ClusterProxy.LoadTests.Topologies;
using Spectre.Console;

namespace ClusterProxy.LoadTests.Commands;

/// <summary><c>compare</c>: every scenario against every topology, in one table.</summary>
internal static class CompareCommand
{
    public static Command Create()
    {
        var options = new CompareOptions();
        var command = new Command("compare", "Run the scenarios against ours, haproxy, ssh -R and direct, and print one table.");
        options.AddTo(command);
        command.SetAction((result, cancellationToken) => RunAsync(options, result, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(CompareOptions options, ParseResult result, CancellationToken cancellationToken)
    {
        var settings = options.Read(result);
        // Read before the run: a missing file must not cost ten minutes.
        var baseline = result.GetValue(options.Baseline) is { } path ? await Baseline.ReadAsync(path, cancellationToken) : null;
        var outcome = await new ComparisonRun(settings).RunAsync(cancellationToken);
        var report = ComparisonReport.Create(settings, outcome);
        Print(report, result.GetRequiredValue(options.Output));

        var own = settings.Plans.Where(p => p.Kind == TopologyKind.Own).Select(p => p.Name).ToHashSet();
        var current = Baseline.Of(report, own);
        if (result.GetValue(options.SaveBaseline) is { } target)
        {
            await current.WriteAsync(target, cancellationToken);
        }

        var regressions = baseline is null ? [] : BaselineCheck.FindRegressions(baseline, current, report);
        foreach (var regression in regressions)
        {
            await Console.Error.WriteLineAsync($"regression: {regression}");
        }

        return regressions.Count == 0 ? 0 : 1;
    }

    private static void Print(ComparisonReport report, OutputFormat format)
    {
        switch (format)
        {
            case OutputFormat.Json:
                JsonReport.Write(Console.Out, report);
                break;
            case OutputFormat.Markdown:
                MarkdownReport.Write(Console.Out, report);
                break;
            default:
                TerminalReport.Write(AnsiConsole.Console, report);
                break;
        }
    }
}
