namespace ClusterProxy.LoadTests.Report;

/// <summary>One scenario against one topology, over all rounds.</summary>
internal sealed record ReportRow
{
    public required string Scenario { get; init; }

    public required string Topology { get; init; }

    public required string Unit { get; init; }

    public required bool HigherIsBetter { get; init; }

    public Figure? Value { get; init; }

    /// <summary>Of the value to each reference's value in the same round; keyed by the reference's name.</summary>
    public IReadOnlyDictionary<string, Figure> Ratios { get; init; } = new Dictionary<string, Figure>();

    public Figure? Cpu { get; init; }

    public string CpuUnit { get; init; } = "";

    /// <summary>Of the CPU to haproxy's in the same round.</summary>
    public Figure? CpuRatio { get; init; }

    /// <summary>CPU of generator and targets.</summary>
    public double? LoadCpu { get; init; }

    public double? P50 { get; init; }

    public double? P99 { get; init; }

    public double? Resident { get; init; }

    public IReadOnlyDictionary<string, double> More { get; init; } = new Dictionary<string, double>();

    /// <summary>The first failure; the figures are of the rounds that did not fail.</summary>
    public string? Failure { get; init; }
}
