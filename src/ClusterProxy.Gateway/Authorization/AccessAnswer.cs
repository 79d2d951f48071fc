namespace ClusterProxy.Gateway.Authorization;

/// <summary>Whether a caller may do what it wants.</summary>
/// <param name="IsAllowed">Nothing else allows.</param>
/// <param name="Reason">Why not, as far as it is known.</param>
/// <param name="IsInner">Whether it is the request inside the cluster that is not allowed.</param>
internal readonly record struct AccessAnswer(bool IsAllowed, string Reason = "", bool IsInner = false)
{
    public static AccessAnswer Allowed => new(IsAllowed: true);
}
