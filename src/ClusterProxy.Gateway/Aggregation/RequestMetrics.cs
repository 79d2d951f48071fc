using System.Diagnostics.Metrics;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// Upstream's figures of forwarded requests. Labels are bounded, which upstream's are not: a resource counts by its name only when the
/// cluster knew it and it is one that Kubernetes could have, a verb only when it is one of Kubernetes', and clusters are told apart only if
/// that was asked for.
/// </summary>
internal sealed class RequestMetrics
{
    private const string Upstream = "ocm_proxy_";
    private const string Other = "other";
    private const int LongestName = 63;

    private static readonly HashSet<string> Verbs =
        ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection", "post", "put", "head", "options"];

    private static readonly InstrumentAdvice<double> Buckets =
        new() { HistogramBucketBoundaries = [0, .005, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30] };

    private readonly bool _byCluster;
    private readonly Counter<long> _byResource;
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _duration;

    /// <param name="meter">Of the gateway.</param>
    /// <param name="byCluster">Whether each cluster has a label; else the label is there and empty.</param>
    public RequestMetrics(Meter meter, bool byCluster)
    {
        _byCluster = byCluster;
        _byResource = meter.CreateCounter<long>(
            Upstream + "proxied_resource_requests_by_resource_total", description: "Requests forwarded to clusters, by resource, verb and status.");
        _requests = meter.CreateCounter<long>(
            Upstream + "proxied_requests_by_cluster_total", description: "Requests forwarded to clusters, by cluster and status.");
        _duration = meter.CreateHistogram(
            Upstream + "proxied_request_duration_seconds",
            description: "Time of requests forwarded to clusters; of watches and upgrades their whole life.",
            advice: Buckets);
    }

    public void Forwarded(RequestRecord record, int status, TimeSpan elapsed)
    {
        KeyValuePair<string, object?> code = new("code", Code(status));
        KeyValuePair<string, object?> cluster = new("cluster", _byCluster ? record.Cluster : "");
        KeyValuePair<string, object?> resource = new("resource", Resource(record, status));
        KeyValuePair<string, object?> verb = new("verb", record.Inner is { } inner && Verbs.Contains(inner.Verb) ? inner.Verb : Other);
        _byResource.Add(1, resource, verb, code);
        _requests.Add(1, cluster, code);
        _duration.Record(elapsed.TotalSeconds, resource, verb, cluster, code);
    }

    /// <summary>Whoever asks for what is not there could make up a new name each time, and a cluster of one's own may answer all of them.</summary>
    private static string Resource(RequestRecord record, int status) => record.Inner switch
    {
        { IsResource: false } => "",
        { } inner when status < StatusCodes.Status400BadRequest && IsName(inner.Resource) => inner.Resource,
        _ => Other,
    };

    /// <summary>A label of DNS, as the names of all resources are.</summary>
    private static bool IsName(string text) => text.Length is > 0 and <= LongestName
        && text.All(static c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-');

    /// <summary>Targets may answer with any number.</summary>
    private static string Code(int status) => status is >= 100 and < 600 ? $"{status}" : Other;
}
