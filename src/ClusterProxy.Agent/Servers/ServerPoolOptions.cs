namespace ClusterProxy.Agent.Servers;

/// <summary>How often servers are looked for.</summary>
internal sealed record ServerPoolOptions
{
    public TimeSpan SyncInterval { get; init; } = TimeSpan.FromSeconds(1);

    public TimeSpan SyncIntervalCap { get; init; } = TimeSpan.FromSeconds(10);

    public bool SyncForever { get; init; }

    /// <summary>
    /// Where the pauses of <see cref="SyncForever"/> stop growing while nothing new is found. Each look costs the server a
    /// handshake and perhaps a token review.
    /// </summary>
    public TimeSpan ProbeCap { get; init; } = TimeSpan.FromMinutes(2);

    public ServerCountSource CountSource { get; init; }

    /// <summary>The number of valid leases; null when they are not counted.</summary>
    public Func<int>? Leases { get; init; }
}
