namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>The verdicts as tags of metrics and logs.</summary>
public static class AccessVerdictNames
{
    public static string ToTag(this AccessVerdict verdict) => verdict switch
    {
        AccessVerdict.Allowed => "allowed",
        AccessVerdict.Denied => "denied",
        AccessVerdict.Unavailable => "unavailable",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
