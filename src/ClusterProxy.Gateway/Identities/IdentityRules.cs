using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Identities;

/// <summary>Rules in their order: the first that matches counts.</summary>
internal sealed record IdentityRules(IReadOnlyList<IdentityRule> Rules)
{
    public static IdentityRules None { get; } = new([]);

    public IdentityRule? Find(Caller caller, string cluster) => Rules.FirstOrDefault(r => r.Source.Matches(caller, cluster));
}
