namespace ClusterProxy.Hosting.Reloading;

/// <summary>Values of the <c>result</c> label of metrics that count reloads.</summary>
public static class ReloadOutcomeNames
{
    /// <summary>What is told; all start at 0, so that a rate over the first of a kind is seen.</summary>
    public static IReadOnlyList<ReloadOutcome> Told { get; } = [ReloadOutcome.Reloaded, ReloadOutcome.Refused, ReloadOutcome.Hanging];

    public static string ToTag(this ReloadOutcome outcome) => outcome switch
    {
        ReloadOutcome.Reloaded => "success",
        ReloadOutcome.Refused => "failure",
        ReloadOutcome.Hanging => "hanging",
        _ => throw new ArgumentOutOfRangeException(nameof(outcome), outcome, "not told"),
    };
}
