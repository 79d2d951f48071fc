namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>One thing that the demo shows and checks.</summary>
internal interface IDemoStep
{
    string Name { get; }

    /// <summary>What holds afterwards; shown as expected when the step breaks instead of answering.</summary>
    string Claim { get; }

    /// <param name="progress">Takes the done part, 0 to 1.</param>
    /// <param name="cancellationToken">Ends the demo.</param>
    Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken);
}
