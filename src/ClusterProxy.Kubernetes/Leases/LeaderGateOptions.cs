using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>By which lease processes agree on one of them. The times are those that Kubernetes' own controllers use.</summary>
public sealed record LeaderGateOptions
{
    public required ResourceName Name { get; init; }

    /// <summary>Unique to the process.</summary>
    public required string Holder { get; init; }

    /// <summary>How long others wait after the leader's last sign; whole seconds.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A leader that could not renew for so long stops. Shorter than <see cref="Duration"/>: the difference is the time that its
    /// work has to stop before somebody else may start.</summary>
    public TimeSpan RenewDeadline { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Between two tries, of the leader and of those who wait.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(2);
}
