using System.Collections.Frozen;
using ClusterProxy.Kubernetes.Reviews;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// What an API server says of a token, by the names that stand for it in <c>--agent-token-identifiers</c>. Tokens that are bound to no pod
/// have neither pod nor node; API servers before 1.30 say no node, those before 1.32 no credential id.
/// </summary>
internal static class TokenClaims
{
    public const string Node = "node";
    public const string NodeUid = "node-uid";
    public const string Pod = "pod";
    public const string PodUid = "pod-uid";

    /// <summary>Of the account: another one when the account was deleted and made again.</summary>
    public const string Uid = "uid";
    public const string CredentialId = "credential-id";

    public static readonly FrozenSet<string> Names = [Node, NodeUid, Pod, PodUid, Uid, CredentialId];

    /// <summary>Those that the API server says.</summary>
    public static FrozenDictionary<string, string> Of(TokenReviewResult review) => new Dictionary<string, string?>
    {
        [Node] = review.Claim(TokenReviewResult.NodeNameClaim),
        [NodeUid] = review.Claim(TokenReviewResult.NodeUidClaim),
        [Pod] = review.Claim(TokenReviewResult.PodNameClaim),
        [PodUid] = review.Claim(TokenReviewResult.PodUidClaim),
        [Uid] = review.User?.Uid,
        [CredentialId] = review.Claim(TokenReviewResult.CredentialIdClaim),
    }.Where(static c => c.Value is { Length: > 0 }).ToFrozenDictionary(static c => c.Key, static c => c.Value!);
}
