namespace ClusterProxy.Hosting.Metrics;

internal enum MetricType
{
    Counter,
    Gauge,
    Histogram,
}
