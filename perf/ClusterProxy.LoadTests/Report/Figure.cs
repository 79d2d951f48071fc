using ClusterProxy.LoadTests.Measuring;

namespace ClusterProxy.LoadTests.Report;

/// <summary>A median of rounds.</summary>
/// <param name="Value">The median.</param>
/// <param name="Spread">Half the range as a part of the median; null after one round.</param>
internal sealed record Figure(double Value, double? Spread)
{
    public static Figure? Of(IReadOnlyCollection<double?> rounds) =>
        Statistics.Median(rounds) is { } median ? new Figure(median, Statistics.Spread(rounds)) : null;
}
