using System.Diagnostics.Metrics;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Agent;

/// <summary>What upstream counts of an agent's reading of leases; there only when leases are counted.</summary>
internal sealed class LeaseMetrics(Meter meter, string prefix)
{
    private const string Code = "http_response_code";

    private readonly Counter<long> _lists = meter.CreateCounter<long>(
        prefix + "lease_lists_total",
        description: "Count of server lease list calls made by the agent to the k8s apiserver, labeled by HTTP response code and reason");

    private readonly Counter<long> _watches = meter.CreateCounter<long>(
        prefix + "lease_watches_total",
        description: "Count of server lease watch calls made by the agent to the k8s apiserver, labeled by HTTP response code and reason");

    private readonly Histogram<double> _listLatency = meter.CreateHistogram(
        prefix + "lease_list_latency_seconds", description: "Latency of server lease listing in seconds",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [.005, .025, .1, .5, 2.5, 10, 30] });

    public void Observed(InformerRequest request)
    {
        var code = new KeyValuePair<string, object?>(Code, request.StatusCode.ToString());
        var reason = new KeyValuePair<string, object?>("reason", request.Reason);
        if (request.IsWatch)
        {
            _watches.Add(1, code, reason);
            return;
        }

        _lists.Add(1, code, reason);
        _listLatency.Record(request.Elapsed.TotalSeconds, code);
    }
}
