using ClusterProxy.Kubernetes.Requests;

namespace ClusterProxy.Kubernetes;

/// <summary>How a <see cref="KubernetesClient"/> behaves; every default has its reason beside it.</summary>
public sealed record KubernetesClientOptions
{
    /// <summary>Names this program in the API server's audit log.</summary>
    public string UserAgent { get; init; } = "clusterproxy";

    /// <summary>One attempt from its start to the last byte of the answer, watches apart. The API server's own limit is 60 s.</summary>
    public TimeSpan RequestTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one watch may last. The API server ends watches after 30 to 60 minutes anyway; shorter spreads them sooner over
    /// servers that came back.</summary>
    public TimeSpan WatchTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Objects a list page, as kubectl's: the server's memory is spared, and so is ours.</summary>
    public int PageSize { get; init; } = 500;

    public RetryOptions Retry { get; init; } = new();

    /// <summary>0 is no limit, the default: the API server has priority and fairness of its own, and limits in clients only add latency
    /// that nobody sees.</summary>
    public double RequestsPerSecond { get; init; }

    /// <summary>Requests beyond the rate that may be made at once; at least 1 when there is a rate.</summary>
    public int Burst { get; init; } = 10;

    /// <summary>How old a token, CA or certificate file may be read. kubelet renews tokens minutes before they expire.</summary>
    public TimeSpan FileRereadPeriod { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an exec plugin may take; it may ask a cloud.</summary>
    public TimeSpan ExecTimeout { get; init; } = TimeSpan.FromSeconds(30);
}
