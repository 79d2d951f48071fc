using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>The lease by which a process says that it lives. The times are konnectivity's: others count with them.</summary>
public sealed record LeaseHeartbeatOptions
{
    public required ResourceName Name { get; init; }

    /// <summary>Unique to the process.</summary>
    public required string Holder { get; init; }

    /// <summary>By which others find the lease; set again at every renewal.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What else the process says with it; set again at every renewal. What is null here is taken off.</summary>
    public IReadOnlyDictionary<string, string?> Annotations { get; init; } = new Dictionary<string, string?>();

    /// <summary>How long the process counts as alive after its last sign; whole seconds.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Plus up to 4 %, so that processes that started together do not renew together.</summary>
    public TimeSpan Period { get; init; } = TimeSpan.FromSeconds(15);
}
