namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>Whether someone may do something.</summary>
public enum AccessVerdict
{
    Allowed,

    /// <summary>Forbidden, or allowed by no rule.</summary>
    Denied,

    /// <summary>Nobody could tell now; not allowed.</summary>
    Unavailable,
}
