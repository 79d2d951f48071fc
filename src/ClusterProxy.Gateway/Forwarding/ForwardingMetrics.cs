using System.Diagnostics.Metrics;

namespace ClusterProxy.Gateway.Forwarding;

/// <summary>
/// What is counted about forwarded requests. No label holds what a caller may choose freely: no path, no resource, no user; nor does one
/// hold a cluster's name, of which there are thousands.
/// </summary>
internal sealed class ForwardingMetrics
{
    private static readonly InstrumentAdvice<double> Durations =
        new() { HistogramBucketBoundaries = [0, .005, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30] };

    private readonly Meter _meter;
    private readonly string _prefix;
    private readonly Counter<long> _requests;
    private readonly Counter<long> _failures;
    private readonly Counter<long> _circuits;
    private readonly Histogram<double> _duration;

    public ForwardingMetrics(Meter meter, string prefix)
    {
        (_meter, _prefix) = (meter, prefix);
        _requests = meter.CreateCounter<long>(prefix + "requests_total", description: "Requests to clusters, by kind and code.");
        _duration = meter.CreateHistogram(
            prefix + "request_duration_seconds", description: "Time from a short request to its last byte, by code.", advice: Durations);
        _failures = meter.CreateCounter<long>(
            prefix + "request_failures_total", description: "Requests that got no answer of their cluster, by reason.");
        _circuits = meter.CreateCounter<long>(
            prefix + "circuits_opened_total", description: "Times that a cluster was taken for unreachable and requests to it refused for a while.");
        _circuits.Add(0);
    }

    public void Observe(LiveForwards live, ClusterTransports transports)
    {
        _meter.CreateObservableGauge(
            _prefix + "requests_in_flight",
            () => Enum.GetValues<RequestKind>().Select(kind => new Measurement<int>(
                live.Count(kind), new KeyValuePair<string, object?>("kind", kind.ToTag()))),
            description: "Requests that are being forwarded, by kind.");
        _meter.CreateObservableGauge(
            _prefix + "cluster_transports", () => transports.Count, description: "Clusters to which connections are kept.");
    }

    public void Ended(RequestKind kind, int code, TimeSpan elapsed)
    {
        _requests.Add(1, new("kind", kind.ToTag()), new("code", code));
        if (kind == RequestKind.Short)
        {
            _duration.Record(elapsed.TotalSeconds, new KeyValuePair<string, object?>("code", code));
        }
    }

    public void Failed(string reason) => _failures.Add(1, new KeyValuePair<string, object?>("reason", reason));

    public void CircuitOpened() => _circuits.Add(1);
}
