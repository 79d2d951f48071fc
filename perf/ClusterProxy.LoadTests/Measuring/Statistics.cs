namespace ClusterProxy.LoadTests.Measuring;

/// <summary>The middle of a few rounds and how far they lie apart.</summary>
internal static class Statistics
{
    public static double? Median(IEnumerable<double?> values)
    {
        double[] sorted = [.. values.OfType<double>().Order()];
        return sorted.Length switch
        {
            0 => null,
            var n when n % 2 == 1 => sorted[n / 2],
            var n => (sorted[(n / 2) - 1] + sorted[n / 2]) / 2,
        };
    }

    /// <summary>Half the distance from least to greatest, as a part of the median: "±".</summary>
    public static double? Spread(IEnumerable<double?> values)
    {
        double[] present = [.. values.OfType<double>()];
        return present.Length > 1 && Median(values) is { } median && median > 0
            ? (present.Max() - present.Min()) / 2 / median
            : null;
    }
}
