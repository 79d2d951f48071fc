namespace ClusterProxy.Gateway.Authentication;

/// <summary>The verdicts as tags of metrics.</summary>
internal static class AuthenticationVerdictNames
{
    public static string ToTag(this AuthenticationVerdict verdict) => verdict switch
    {
        AuthenticationVerdict.Accepted => "accepted",
        AuthenticationVerdict.Rejected => "rejected",
        AuthenticationVerdict.Limited => "limited",
        AuthenticationVerdict.Malformed => "malformed",
        AuthenticationVerdict.Forbidden => "forbidden",
        _ => throw new ArgumentOutOfRangeException(nameof(verdict), verdict, null),
    };
}
