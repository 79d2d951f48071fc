using ClusterProxy.Cli.Demo.Steps;
using Spectre.Console;

namespace ClusterProxy.Cli.Demo.Views;

/// <summary>A bar a step while it works, then a table.</summary>
internal sealed class LiveView(IAnsiConsole console) : IDemoView
{
    private readonly Dictionary<IDemoStep, ProgressTask> _bars = [];

    public void WriteLine(string line = "") => console.Profile.Out.Writer.WriteLine(line);

    public Task ShowAsync(IReadOnlyList<IDemoStep> steps, Func<Task> work) => console.Progress()
        .AutoClear(false)
        .HideCompleted(false)
        .Columns(
            new SpinnerColumn(),
            new TaskDescriptionColumn { Alignment = Justify.Left },
            new ProgressBarColumn(),
            new ElapsedTimeColumn())
        .StartAsync(async context =>
        {
            foreach (var step in steps)
            {
                _bars[step] = context.AddTask(Markup.Escape(step.Name), autoStart: false, maxValue: 1);
            }

            await work();
        });

    public IProgress<double> Started(IDemoStep step)
    {
        var bar = _bars[step];
        bar.StartTask();
        return new BarProgress(bar);
    }

    public void Ended(IDemoStep step, StepResult result)
    {
        var bar = _bars[step];
        if (result.Outcome.Passed)
        {
            bar.Value = bar.MaxValue;
        }
        else
        {
            bar.Description = $"[red]{Markup.Escape(step.Name)}[/]";
        }

        bar.StopTask();
    }

    public void Summarize(IReadOnlyList<StepResult> results)
    {
        var table = new Table().RoundedBorder().AddColumns("step", "result");
        table.AddColumn(new TableColumn("latency").RightAligned().NoWrap());
        table.AddColumn(new TableColumn("MB/s").RightAligned().NoWrap());
        foreach (var result in results)
        {
            var outcome = result.Outcome;
            table.AddRow(
                Markup.Escape(result.Name),
                outcome.Passed ? $"[green]ok[/] {Markup.Escape(outcome.Text)}" : "[red]FAILED[/], see below",
                outcome.Latency is { } latency ? Readable.Duration(latency) : "",
                outcome.BytesPerSecond is { } rate ? $"{rate / 1e6:0}" : "");
        }

        console.Write(table);
        console.WriteLine($"{results.Count(static r => r.Outcome.Passed)} of {_bars.Count} steps did what they claim");
    }

    private sealed class BarProgress(ProgressTask bar) : IProgress<double>
    {
        public void Report(double value) => bar.Value = value * bar.MaxValue;
    }
}
