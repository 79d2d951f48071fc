namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>The verdicts as tags of metrics and logs.</summary>
public static class TokenVerdictNames
{
    public static string ToTag(this TokenVerdict verdict) => verdict switch
    {
        TokenVerdict.Authenticated => "authenticated",
        TokenVerdict.Rejected => "rejected",
        TokenVerdict.Unavailable => "unavailable",
        TokenVerdict.Limited => "limited",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
