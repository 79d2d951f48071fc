namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>How long answers of reviews are kept. The times are kube-apiserver's own for the same question.</summary>
public sealed record ReviewOptions
{
    /// <summary>How long someone stays in after losing the right to.</summary>
    public TimeSpan KeepYes { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long someone stays out after being given the right.</summary>
    public TimeSpan KeepNo { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>One review with its retries; then the answer is no.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Answers kept at most, of a few hundred bytes each.</summary>
    public int Capacity { get; init; } = 10_000;

    /// <summary>
    /// Token reviews that begin in a second at most, and that run at once, for tokens that nobody was authenticated by of late, and access
    /// reviews for those who are anonymous; 0 for no limit. Whoever invents tokens or names must not make the API server's work out of it.
    /// </summary>
    public int StrangersPerSecond { get; init; }
}
