namespace ClusterProxy.Kubernetes.Requests;

/// <summary>
/// Which failures are tried again, and when. Only requests that can be repeated without harm are: see <see cref="ApiRequest"/>.
/// </summary>
public sealed record RetryOptions
{
    /// <summary>0 never tries again. Four bridge a rolling restart of an API server behind a load balancer.</summary>
    public int MaxRetries { get; init; } = 4;

    /// <summary>Before the first retry; doubled each time, with jitter.</summary>
    public TimeSpan BaseDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>A server that asks for a longer wait gets none: the caller hears at once.</summary>
    public TimeSpan LongestRetryAfter { get; init; } = TimeSpan.FromSeconds(60);
}
