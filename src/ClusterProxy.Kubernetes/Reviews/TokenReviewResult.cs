using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>The outcome of a token review.</summary>
/// <param name="Verdict">Only Authenticated lets anybody in.</param>
/// <param name="User">Who it is; null unless authenticated.</param>
/// <param name="Reason">Why not; empty when authenticated.</param>
public sealed record TokenReviewResult(TokenVerdict Verdict, UserInfo? User, string Reason)
{
    /// <summary>Claims of the pod or node that a bound token belongs to, such as <see cref="PodNameClaim"/>; null when it has none.</summary>
    public string? Claim(string name) => User?.Extra?.TryGetValue(name, out var values) == true && values is [var value, ..] ? value : null;

    public const string PodNameClaim = "authentication.kubernetes.io/pod-name";
    public const string PodUidClaim = "authentication.kubernetes.io/pod-uid";
    public const string NodeNameClaim = "authentication.kubernetes.io/node-name";
    public const string NodeUidClaim = "authentication.kubernetes.io/node-uid";

    /// <summary>Which token it is, such as <c>JTI=</c> and a UUID; another one for each token.</summary>
    public const string CredentialIdClaim = "authentication.kubernetes.io/credential-id";

    internal static TokenReviewResult Rejected(string reason) => new(TokenVerdict.Rejected, null, reason);

    internal static TokenReviewResult Limited { get; } =
        new(TokenVerdict.Limited, null, "too many unknown tokens are being asked about; try again in a second");

    internal static TokenReviewResult Unavailable(string reason) => new(TokenVerdict.Unavailable, null, reason);
}
