using System.Diagnostics.Metrics;
using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Server.Leases;

/// <summary>What upstream counts of its removal of expired leases, with its help to the letter.</summary>
internal sealed class LeaseMetrics(Meter meter, string prefix)
{
    /// <summary>Prometheus' default ones.</summary>
    private static readonly InstrumentAdvice<double> Latencies =
        new() { HistogramBucketBoundaries = [.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10] };

    private readonly Counter<long> _culled = meter.CreateCounter<long>(
        prefix + "culled_leases_count", description: "Count of expired leases that the lease garbage collection controller has culled.");

    private readonly Counter<long> _lists = meter.CreateCounter<long>(
        prefix + "lease_list_total",
        description: "Count of lease deletion calls by the garbage collection controller. Labeled by HTTP status code and reason.");

    private readonly Counter<long> _deletes = meter.CreateCounter<long>(
        prefix + "lease_delete_total",
        description: "Count of lease delection calls by the garbage collection controller. Labeled by HTTP status code and reason.");

    private readonly Histogram<double> _listLatency = meter.CreateHistogram(
        prefix + "lease_list_latency_seconds",
        description: "Latency of lease list calls by the garbage collection controller in seconds.", advice: Latencies);

    private readonly Histogram<double> _deleteLatency = meter.CreateHistogram(
        prefix + "lease_delete_latency_seconds",
        description: "Latency of lease deletion calls by the garbage collection controller in seconds.", advice: Latencies);

    public void PublishZeros() => _culled.Add(0);

    public void Culled() => _culled.Add(1);

    /// <param name="elapsed">Until the answer.</param>
    /// <param name="failure">Null for success.</param>
    public void Listed(TimeSpan elapsed, ApiException? failure = null) => Record(_lists, _listLatency, elapsed, failure);

    /// <inheritdoc cref="Listed"/>
    public void Deleted(TimeSpan elapsed, ApiException? failure = null) => Record(_deletes, _deleteLatency, elapsed, failure);

    private static void Record(Counter<long> count, Histogram<double> latency, TimeSpan elapsed, ApiException? failure)
    {
        var code = new KeyValuePair<string, object?>("http_status_code", failure is null ? "200" : ((int)failure.StatusCode).ToString());
        count.Add(1, code, new KeyValuePair<string, object?>("reason", failure?.Status.Reason ?? ""));
        latency.Record(elapsed.TotalSeconds, code);
    }
}
