using ClusterProxy.Hosting.Tokens;
using ClusterProxy.Kubernetes.Reviews;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// Lets in agents whose token is of the right service account and for the audience of the flag. The API server must say both: an answer
/// without audiences lets nobody in.
/// </summary>
/// <param name="reviewer">Asks for the audience.</param>
/// <param name="accounts">Whose tokens are good.</param>
internal sealed class AgentTokenCheck(TokenReviewer reviewer, AgentAccounts accounts)
{
    private const string Scheme = "Bearer ";

    public async Task<AgentTokenResult> CheckAsync(GrpcServerCall call)
    {
        var values = call.Metadata[TunnelHeaders.Authorization];
        return values is [{ } value] && value.StartsWith(Scheme, StringComparison.Ordinal)
            ? await ReviewAsync(value[Scheme.Length..], call.Ended)
            : AgentTokenResult.Refused(
                AgentRefusalReason.NoToken,
                $"the call must carry exactly one {TunnelHeaders.Authorization} header with a bearer token: "
                + "run the agent with --service-account-token-path");
    }

    public async Task<AgentTokenResult> ReviewAsync(string token, CancellationToken cancellationToken)
    {
        var review = await reviewer.ReviewAsync(token, cancellationToken);
        return review.Verdict switch
        {
            TokenVerdict.Authenticated => Judge(token, review),
            TokenVerdict.Rejected => AgentTokenResult.Refused(
                AgentRefusalReason.TokenRejected, $"the agent's token is refused: {review.Reason}"),
            _ => AgentTokenResult.Refused(AgentRefusalReason.TokenUnavailable, "the agent's token cannot be reviewed now"),
        };
    }

    private AgentTokenResult Judge(string token, TokenReviewResult review)
    {
        var user = review.User!.Username!;
        return accounts.TryFind(user, out var account, out var cluster)
            ? new AgentTokenResult(new AgentToken(token, account)
            {
                Claims = TokenClaims.Of(review),
                Cluster = cluster,
                End = TokenLife.Of(token)?.End,
            })
            : AgentTokenResult.Refused(AgentRefusalReason.WrongAccount, $"the agent's token is of {user}, not of the {accounts}");
    }
}
