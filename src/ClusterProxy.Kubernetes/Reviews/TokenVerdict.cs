namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>What a token is worth.</summary>
public enum TokenVerdict
{
    /// <summary>It is somebody's, and for the asked audience.</summary>
    Authenticated,

    /// <summary>It is nobody's, has expired, or is for another audience.</summary>
    Rejected,

    /// <summary>Nobody could tell now. It opens nothing; a later try may.</summary>
    Unavailable,

    /// <summary>Nobody was asked: too many unknown tokens came at once. It opens nothing; a later try may.</summary>
    Limited,
}
