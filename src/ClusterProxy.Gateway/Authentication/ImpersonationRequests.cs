using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Reviews;

namespace ClusterProxy.Gateway.Authentication;

/// <summary>
/// Lets a caller be somebody else if the hub allows it to impersonate every part of that identity, as every API server does. Behind
/// kube-apiserver such headers do not come; direct callers may send them.
/// </summary>
/// <param name="access">Null where there is no hub to ask: then nobody may.</param>
internal sealed class ImpersonationRequests(AccessReviewer? access)
{
    private const string AuthenticationGroup = "authentication.k8s.io";
    private const string ServiceAccount = "system:serviceaccount:";

    public async Task<AuthenticationResult> ApplyAsync(Caller caller, WantedIdentity wanted, CancellationToken cancellationToken)
    {
        if (wanted.User.Length == 0)
        {
            return AuthenticationResult.Malformed("Impersonate-* headers need exactly one Impersonate-User");
        }

        foreach (var attributes in Parts(wanted))
        {
            var (isAllowed, reason) = await ReviewAsync(caller, attributes, cancellationToken);
            if (!isAllowed)
            {
                return AuthenticationResult.Forbidden(
                    $"User \"{caller.User}\" cannot impersonate resource \"{Name(attributes)}\" \"{attributes.Name}\": {reason}");
            }
        }

        return AuthenticationResult.Of(new Caller(caller.Kind, wanted.User)
        {
            Uid = wanted.Uid,
            Groups = GroupsOf(wanted),
            Extra = wanted.Extra,
            ImpersonatedBy = caller,
        }.WithAuthenticatedGroup());
    }

    /// <summary>A service account that comes without groups has those of its namespace.</summary>
    private static IReadOnlyList<string> GroupsOf(WantedIdentity wanted) => wanted switch
    {
        { Groups.Count: > 0 } => wanted.Groups,
        { User: Caller.AnonymousUser } => [Caller.UnauthenticatedGroup],
        _ when AccountOf(wanted.User) is { } account => ["system:serviceaccounts", $"system:serviceaccounts:{account.Namespace}"],
        _ => [],
    };

    private static IEnumerable<ResourceAttributes> Parts(WantedIdentity wanted)
    {
        yield return AccountOf(wanted.User) is { } account
            ? new ResourceAttributes { Verb = "impersonate", Version = "v1", Resource = "serviceaccounts", Namespace = account.Namespace, Name = account.Name }
            : new ResourceAttributes { Verb = "impersonate", Version = "v1", Resource = "users", Name = wanted.User };
        foreach (var group in wanted.Groups)
        {
            yield return new ResourceAttributes { Verb = "impersonate", Version = "v1", Resource = "groups", Name = group };
        }

        if (wanted.Uid.Length > 0)
        {
            yield return new ResourceAttributes
            {
                Verb = "impersonate",
                Group = AuthenticationGroup,
                Version = "v1",
                Resource = "uids",
                Name = wanted.Uid,
            };
        }

        foreach (var (key, values) in wanted.Extra)
        {
            foreach (var value in values)
            {
                yield return new ResourceAttributes
                {
                    Verb = "impersonate",
                    Group = AuthenticationGroup,
                    Version = "v1",
                    Resource = "userextras",
                    Subresource = key,
                    Name = value,
                };
            }
        }
    }

    private static ResourceName? AccountOf(string user) =>
        user.StartsWith(ServiceAccount, StringComparison.Ordinal) && user[ServiceAccount.Length..].Split(':') is [{ Length: > 0 } space, { Length: > 0 } name]
            ? new ResourceName(space, name)
            : null;

    private static string Name(ResourceAttributes attributes) =>
        attributes.Subresource is { } sub ? $"{attributes.Resource}/{sub}" : attributes.Resource ?? "";

    private async Task<(bool IsAllowed, string Reason)> ReviewAsync(Caller caller, ResourceAttributes attributes, CancellationToken cancellationToken)
    {
        if (access is null)
        {
            return (false, "there is no hub that could allow it");
        }

        var decision = await access.ReviewAsync(
            new SubjectAccessReviewSpec
            {
                User = caller.User,
                Uid = caller.Uid.Length > 0 ? caller.Uid : null,
                Groups = caller.Groups,
                Extra = caller.Extra.Count > 0 ? caller.Extra : null,
                ResourceAttributes = attributes,
            },
            cancellationToken);
        return (decision.Verdict == AccessVerdict.Allowed, decision.Reason);
    }
}
