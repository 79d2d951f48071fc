using ClusterProxy.Cli.Demo.Steps;

namespace ClusterProxy.Cli.Demo.Views;

/// <summary>Where the user watches.</summary>
internal interface IDemoView
{
    void WriteLine(string line = "");

    /// <summary>Runs the steps and keeps what is shown alive meanwhile.</summary>
    Task ShowAsync(IReadOnlyList<IDemoStep> steps, Func<Task> work);

    /// <summary>Takes the step's progress from here on.</summary>
    IProgress<double> Started(IDemoStep step);

    void Ended(IDemoStep step, StepResult result);

    void Summarize(IReadOnlyList<StepResult> results);
}
