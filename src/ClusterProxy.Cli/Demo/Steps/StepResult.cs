namespace ClusterProxy.Cli.Demo.Steps;

/// <param name="Number">From 1.</param>
/// <param name="Name">The step's.</param>
/// <param name="Outcome">What it saw.</param>
/// <param name="Elapsed">How long it took in all.</param>
internal sealed record StepResult(int Number, string Name, StepOutcome Outcome, TimeSpan Elapsed);
