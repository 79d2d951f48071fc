namespace ClusterProxy.Kubernetes.Requests;

/// <summary>How an object is deleted, and which one it must still be.</summary>
public sealed record DeleteOptions
{
    /// <summary>The object must have this uid; else <see cref="ApiConflictException"/>.</summary>
    public string? Uid { get; init; }

    /// <summary>The object must not have changed since this version; else <see cref="ApiConflictException"/>.</summary>
    public string? ResourceVersion { get; init; }

    /// <summary>Foreground, Background or Orphan; null for the kind's default.</summary>
    public string? PropagationPolicy { get; init; }

    public int? GracePeriodSeconds { get; init; }
}
