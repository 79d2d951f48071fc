using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Reviews;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>
/// Asks the hub by SubjectAccessReview: first for the request on our own resource, then, when the inner request is given, for that one,
/// with the cluster's name as an extra of the user for authorizers that tell clusters apart. RBAC does not: there an inner right counts
/// for every cluster whose proxy subresource the user may use.
/// </summary>
/// <param name="access">Of the hub.</param>
/// <param name="group">Of our API.</param>
/// <param name="version">Of our API.</param>
/// <param name="judgesInner">Of <c>--authorize-proxy-subpath</c>.</param>
internal sealed class ReviewingAuthorizer(AccessReviewer access, string group, string version, bool judgesInner) : IAuthorizer
{
    public bool JudgesInner => judgesInner;

    public async Task<AccessAnswer> AuthorizeAsync(Caller caller, AccessRequest request, CancellationToken cancellationToken)
    {
        if (caller.IsMaster)
        {
            return AccessAnswer.Allowed;
        }

        var outer = await ReviewAsync(Question(caller, request), cancellationToken);
        return outer.IsAllowed && request.Inner is { } inner
            ? await ReviewAsync(Question(caller, request.Name, inner), cancellationToken) with { IsInner = true }
            : outer;
    }

    private async Task<AccessAnswer> ReviewAsync(SubjectAccessReviewSpec question, CancellationToken cancellationToken)
    {
        var decision = await access.ReviewAsync(question, cancellationToken);
        return new AccessAnswer(decision.Verdict == AccessVerdict.Allowed, decision.Reason);
    }

    private SubjectAccessReviewSpec Question(Caller caller, AccessRequest request) => request.Path.Length > 0
        ? Ask(caller, caller.Extra) with { NonResourceAttributes = new NonResourceAttributes { Path = request.Path, Verb = request.Verb } }
        : Ask(caller, caller.Extra) with
        {
            ResourceAttributes = new ResourceAttributes
            {
                Verb = request.Verb,
                Group = group,
                Version = version,
                Resource = request.Resource,
                Subresource = NullIfEmpty(request.Subresource),
                Name = NullIfEmpty(request.Name),
            },
        };

    private SubjectAccessReviewSpec Question(Caller caller, string cluster, InnerRequest inner)
    {
        var extra = new Dictionary<string, IReadOnlyList<string>>(caller.Extra, StringComparer.Ordinal) { [$"{group}/cluster"] = [cluster] };
        return inner.IsResource
            ? Ask(caller, extra) with
            {
                ResourceAttributes = new ResourceAttributes
                {
                    Verb = inner.Verb,
                    Group = NullIfEmpty(inner.Group),
                    Version = inner.Version,
                    Resource = inner.Resource,
                    Subresource = NullIfEmpty(inner.Subresource),
                    Namespace = NullIfEmpty(inner.Namespace),
                    Name = NullIfEmpty(inner.Name),
                },
            }
            : Ask(caller, extra) with { NonResourceAttributes = new NonResourceAttributes { Path = inner.Path, Verb = inner.Verb } };
    }

    private static SubjectAccessReviewSpec Ask(Caller caller, IReadOnlyDictionary<string, IReadOnlyList<string>> extra) => new()
    {
        User = caller.User,
        Uid = NullIfEmpty(caller.Uid),
        Groups = caller.Groups,
        Extra = extra.Count > 0 ? extra : null,
    };

    private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
}
