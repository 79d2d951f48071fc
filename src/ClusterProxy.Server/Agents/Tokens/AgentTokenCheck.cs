using ClusterProxy.Kubernetes.Reviews;
using ClusterProxy.Protocol;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Grpc;

namespace ClusterProxy.Server.Agents.Tokens;

/// <summary>
/// Lets in agents whose token is of one service account and for the audience of the flag. The API server must say both: an answer
/// without audiences lets nobody in.
/// </summary>
/// <param name="reviewer">Asks for the audience.</param>
/// <param name="accountNamespace">Of the flag.</param>
/// <param name="accountName">Of the flag.</param>
internal sealed class AgentTokenCheck(TokenReviewer reviewer, string accountNamespace, string accountName)
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
        var name = review.User!.Username!;
        return name.Split(':') is ["system", "serviceaccount", var inNamespace, var account]
            && inNamespace == accountNamespace
            && account == accountName
            ? new AgentTokenResult(new AgentToken(token, $"{inNamespace}/{account}")
            {
                PodName = review.Claim(TokenReviewResult.PodNameClaim) ?? "",
                NodeName = review.Claim(TokenReviewResult.NodeNameClaim) ?? "",
                End = TokenEnd.Of(token),
            })
            : AgentTokenResult.Refused(
                AgentRefusalReason.WrongAccount,
                $"the agent's token is of {name}, not of the service account {accountNamespace}/{accountName}");
    }
}
