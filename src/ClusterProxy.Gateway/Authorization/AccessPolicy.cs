using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>Who may do what where there is no hub to ask. What no rule allows is denied.</summary>
internal sealed record AccessPolicy(IReadOnlyList<PolicyRule> Rules)
{
    public bool Allows(Caller caller, AccessRequest request)
    {
        var own = Rules.Where(r => r.IsFor(caller));
        return request switch
        {
            // A path of the gateway itself, such as /metrics, is of no cluster: for those who may do anything.
            { Path.Length: > 0 } => own.Any(static r => r.IsForCluster(PolicyRule.Any) && r.HasVerb(PolicyRule.Any) && r.IsForAllOfACluster),
            { Inner: { } inner } => own.Any(r => r.IsForCluster(request.Name) && r.Allows(inner)),
            { Name.Length: > 0, Verb: "get", Subresource: not "proxy" } => own.Any(r => r.IsForCluster(request.Name) && r.HasVerb("get")),
            { Name.Length: > 0 } => own.Any(r => r.IsForCluster(request.Name) && r.HasVerb(request.Verb) && r.IsForAllOfACluster),
            _ => own.Any(r => r.IsForCluster(PolicyRule.Any) && r.HasVerb(request.Verb)),
        };
    }
}
