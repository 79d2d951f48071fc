using ClusterProxy.Cli.Demo.Steps;

namespace ClusterProxy.Cli.Demo.Views;

/// <summary>A line a step, for files, pipes and terminals that cannot do more.</summary>
internal sealed class PlainView(TextWriter output) : IDemoView
{
    private int _steps;

    public void WriteLine(string line = "") => output.WriteLine(line);

    public Task ShowAsync(IReadOnlyList<IDemoStep> steps, Func<Task> work)
    {
        _steps = steps.Count;
        return work();
    }

    public IProgress<double> Started(IDemoStep step) => Unheard.Instance;

    public void Ended(IDemoStep step, StepResult result)
    {
        var outcome = result.Outcome;
        var numbers = new[]
        {
            outcome.Latency is { } latency ? Readable.Duration(latency) : null,
            outcome.BytesPerSecond is { } rate ? Readable.Rate(rate) : null,
        }.OfType<string>();
        var line = $"{result.Number,2}/{_steps} {(outcome.Passed ? "ok    " : "FAILED")} {result.Name}";

        // What came instead may be long; the report at the end has it.
        output.WriteLine(outcome.Passed ? $"{line}: {string.Join(", ", numbers.Append(outcome.Text))}" : line);
    }

    public void Summarize(IReadOnlyList<StepResult> results) =>
        output.WriteLine($"{results.Count(static r => r.Outcome.Passed)} of {_steps} steps did what they claim");

    private sealed class Unheard : IProgress<double>
    {
        public static Unheard Instance { get; } = new();

        public void Report(double value)
        {
        }
    }
}
