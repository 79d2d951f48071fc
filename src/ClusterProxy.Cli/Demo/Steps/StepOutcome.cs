namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>What a step saw.</summary>
internal sealed record StepOutcome
{
    public bool Passed { get; private init; }

    /// <summary>For people: what came.</summary>
    public required string Text { get; init; }

    /// <summary>What should have come, if it did not.</summary>
    public string? Expected { get; private init; }

    public TimeSpan? Latency { get; private init; }

    public double? BytesPerSecond { get; private init; }

    public static StepOutcome Ok(string text, TimeSpan? latency = null, double? bytesPerSecond = null) =>
        new() { Passed = true, Text = text, Latency = latency, BytesPerSecond = bytesPerSecond };

    public static StepOutcome Failed(string expected, string actual) => new() { Text = actual, Expected = expected };
}
