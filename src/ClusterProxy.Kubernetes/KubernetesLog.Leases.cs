using ClusterProxy.Kubernetes.Resources;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Kubernetes;

/// <summary>Leases: 5200 to 5299.</summary>
internal static partial class KubernetesLog
{
    [LoggerMessage(EventId = 5200, Message = "Lease {Lease} could not be renewed, trying again: {Error}", EventName = "LeaseRenewalFailed")]
    public static partial void LeaseRenewalFailed(ILogger logger, LogLevel level, ResourceName lease, string error);

    [LoggerMessage(5201, LogLevel.Information, "Lease {Lease} could not be deleted, it will expire: {Error}", EventName = "LeaseNotDeleted")]
    public static partial void LeaseNotDeleted(ILogger logger, ResourceName lease, string error);

    [LoggerMessage(5202, LogLevel.Information, "This process leads by lease {Lease}", EventName = "BecameLeader")]
    public static partial void BecameLeader(ILogger logger, ResourceName lease);

    [LoggerMessage(5203, LogLevel.Warning, "This process no longer leads by lease {Lease}", EventName = "LostLeadership")]
    public static partial void LostLeadership(ILogger logger, ResourceName lease);
}
