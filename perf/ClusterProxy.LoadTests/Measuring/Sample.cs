namespace ClusterProxy.LoadTests.Measuring;

/// <summary>What one run of a scenario against one topology gave.</summary>
internal sealed record Sample
{
    /// <summary>The scenario's headline, in its unit.</summary>
    public required double Value { get; init; }

    /// <summary>CPU of the processes under test, in the scenario's CPU unit.</summary>
    public double? Cpu { get; init; }

    /// <summary>CPU of generator and targets in the same unit.</summary>
    public double? LoadCpu { get; init; }

    /// <summary>Milliseconds.</summary>
    public double? P50 { get; init; }

    /// <summary>Milliseconds.</summary>
    public double? P99 { get; init; }

    /// <summary>MiB of the processes under test.</summary>
    public double? Resident { get; init; }

    /// <summary>Figures that only this scenario has, by their printed name.</summary>
    public IReadOnlyDictionary<string, double> More { get; init; } = new Dictionary<string, double>();

    public static Sample Of(WindowFigures figures, double value, double units, double cpuScale, LatencyHistogram? latency = null) => new()
    {
        Value = value,
        Cpu = units > 0 ? figures.ProxyCpuSeconds * cpuScale / units : null,
        LoadCpu = units > 0 ? figures.LoadCpuSeconds * cpuScale / units : null,
        P50 = latency?.Percentile(0.50)?.TotalMilliseconds,
        P99 = latency?.Percentile(0.99)?.TotalMilliseconds,
        Resident = figures.ResidentBytes / (1024.0 * 1024.0),
    };
}
