using ClusterProxy.Gateway.Authorization;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Identities;
using ClusterProxy.Gateway.Status;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// Requests for a managed cluster's API server, from whichever path they come:
/// <code>
/// may the caller use the cluster's proxy? ─▶ may it do that there? (if asked for) ─▶ is there such a cluster? ─▶ as whom? ─▶ forward
/// </code>
/// In this order, so that nobody learns which clusters there are without the right to one.
/// </summary>
internal sealed class ProxiedRequests(
    ApiGroup group, IAuthorizer authorizer, IdentityMapper identities, ClusterCatalog clusters, ClusterForwarder forwarder)
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

    /// <param name="request">As it came.</param>
    /// <param name="name">Of the cluster.</param>
    /// <param name="target">On the cluster, raw.</param>
    public async Task ServeAsync(ServedRequest request, string name, RequestTarget target)
    {
        var (context, caller, record) = (request.Context, request.Caller, request.Record);
        var method = context.Request.Method;
        var isUpgrade = IsUpgrade(context);
        if (!isUpgrade && !Methods.Contains(method))
        {
            await request.RefuseAsync(StatusAnswer.MethodNotAllowed($"{method} is not passed on to clusters"));
            return;
        }

        var inner = InnerRequest.Parse(method, target, isUpgrade);
        if (authorizer.JudgesInner && inner is null)
        {
            await request.RefuseAsync(StatusAnswer.BadRequest("the path on the cluster is ambiguous, so that nobody can say who may ask for it"));
            return;
        }

        record.Inner = inner;
        record.Access = new AccessRequest(InnerRequest.VerbOf(method, isUpgrade))
        {
            Resource = "clustergateways",
            Subresource = "proxy",
            Name = name,
            Inner = authorizer.JudgesInner ? inner : null,
        };
        var answer = await authorizer.AuthorizeAsync(caller, record.Access, context.RequestAborted);
        if (!answer.IsAllowed)
        {
            await request.RefuseAsync(ForbiddenAnswer.Of(group, caller, record.Access, answer));
            return;
        }

        if (clusters.Find(name, out var missing) is not { IsGateway: true } cluster)
        {
            await request.RefuseAsync(StatusAnswer.NotKnownYet(missing) ?? StatusAnswer.NoSuchCluster(group.Name, name));
            return;
        }

        record.Cluster = name;
        var (identity, reason) = identities.Map(caller, cluster, target.Value("impersonate") == "true");
        if (identity is null)
        {
            await request.RefuseAsync(StatusAnswer.Forbidden($"requests of user \"{caller.User}\" are not forwarded to cluster \"{name}\": {reason}"));
            return;
        }

        record.IsForwarded = true;
        record.ForwardedUser = identity.User ?? "";
        await forwarder.ForwardAsync(context, cluster, identity, target.ToString());
    }

    /// <summary>An HTTP/1.1 upgrade, or the extended CONNECT that takes its place in HTTP/2.</summary>
    public static bool IsUpgrade(HttpContext context) =>
        context.Features.Get<IHttpUpgradeFeature>()?.IsUpgradableRequest == true
        || context.Features.Get<IHttpExtendedConnectFeature>()?.IsExtendedConnect == true;
}
