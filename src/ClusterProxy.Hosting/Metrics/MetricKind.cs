using System.Diagnostics.Metrics;

namespace ClusterProxy.Hosting.Metrics;

/// <summary>How an instrument is exported.</summary>
/// <param name="Type">The word after TYPE.</param>
/// <param name="IsAbsolute">A measurement replaces the value instead of being added.</param>
/// <param name="IsObserved">Asked at each scrape; a label set that is no longer reported disappears.</param>
internal sealed record MetricKind(MetricType Type, bool IsAbsolute, bool IsObserved)
{
    public static MetricKind Of(Instrument instrument)
    {
        var type = instrument.GetType();
        var definition = type.IsGenericType ? type.GetGenericTypeDefinition() : type;
        return definition switch
        {
            _ when definition == typeof(Counter<>) => new(MetricType.Counter, IsAbsolute: false, IsObserved: false),
            _ when definition == typeof(UpDownCounter<>) => new(MetricType.Gauge, IsAbsolute: false, IsObserved: false),
            _ when definition == typeof(Gauge<>) => new(MetricType.Gauge, IsAbsolute: true, IsObserved: false),
            _ when definition == typeof(Histogram<>) => new(MetricType.Histogram, IsAbsolute: false, IsObserved: false),
            _ when definition == typeof(ObservableCounter<>) => new(MetricType.Counter, IsAbsolute: true, IsObserved: true),
            _ when definition == typeof(ObservableGauge<>) || definition == typeof(ObservableUpDownCounter<>) =>
                new(MetricType.Gauge, IsAbsolute: true, IsObserved: true),
            _ => throw new NotSupportedException($"Instrument {instrument.Name} is a {type.Name}, which has no Prometheus type."),
        };
    }

    /// <summary>Bucket bounds come from the instrument; without any there is only +Inf.</summary>
    public static double[] BoundsOf(Instrument instrument) => instrument switch
    {
        Histogram<double> h => Bounds(h),
        Histogram<float> h => Bounds(h),
        Histogram<long> h => Bounds(h),
        Histogram<int> h => Bounds(h),
        _ => [],
    };

    private static double[] Bounds<T>(Histogram<T> histogram)
        where T : struct =>
        [.. histogram.Advice?.HistogramBucketBoundaries?.Select(static b => Convert.ToDouble(b)) ?? []];
}
