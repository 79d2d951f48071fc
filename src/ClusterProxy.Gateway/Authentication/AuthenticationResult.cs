namespace ClusterProxy.Gateway.Authentication;

/// <summary>The outcome of authentication.</summary>
/// <param name="Verdict">Only Accepted comes with a caller.</param>
/// <param name="Caller">Null unless accepted.</param>
/// <param name="Reason">Why not; fit for the caller's eyes.</param>
internal sealed record AuthenticationResult(AuthenticationVerdict Verdict, Caller? Caller, string Reason)
{
    public static AuthenticationResult Of(Caller caller) => new(AuthenticationVerdict.Accepted, caller, "");

    public static AuthenticationResult Rejected(string reason) => new(AuthenticationVerdict.Rejected, null, reason);

    public static AuthenticationResult Limited(string reason) => new(AuthenticationVerdict.Limited, null, reason);

    public static AuthenticationResult Malformed(string reason) => new(AuthenticationVerdict.Malformed, null, reason);

    public static AuthenticationResult Forbidden(string reason) => new(AuthenticationVerdict.Forbidden, null, reason);
}
