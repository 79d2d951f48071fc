namespace ClusterProxy.Kubernetes.Queues;

/// <summary>How a key that failed waits.</summary>
public sealed record WorkQueueOptions
{
    /// <summary>Short: most failures are conflicts, which the next read mends. Doubled each time.</summary>
    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromMilliseconds(50);

    /// <summary>What fails for long is tried often enough that its mending is noticed.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMinutes(2);
}
