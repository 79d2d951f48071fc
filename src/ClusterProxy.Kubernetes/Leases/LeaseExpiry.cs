using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Leases;

/// <summary>Until when a lease holds, as konnectivity counts: by renewTime, else acquireTime, plus its duration.</summary>
public static class LeaseExpiry
{
    /// <summary>False when it has neither time or no duration: nobody could tell that its holder is gone.</summary>
    public static bool IsValid(Lease lease, DateTimeOffset now) =>
        (lease.Spec?.RenewTime ?? lease.Spec?.AcquireTime) is { } since
        && lease.Spec?.LeaseDurationSeconds is { } seconds
        // Not by adding: whoever writes a lease may write any time, the last that there is included.
        && now - since < TimeSpan.FromSeconds(seconds);
}
