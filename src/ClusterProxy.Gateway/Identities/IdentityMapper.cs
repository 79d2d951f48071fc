using System.Runtime.CompilerServices;
using ClusterProxy.Gateway.Authentication;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Hosting.Reloading;

namespace ClusterProxy.Gateway.Identities;

/// <summary>
/// Decides as whom a caller's request goes on to a cluster: by the rules in the cluster's annotation, then by those of the global file,
/// else as the caller. Rules that cannot be read let nothing through that they govern.
/// </summary>
/// <param name="group">Of the API, before the annotation's slash.</param>
/// <param name="file">Of <c>--cluster-gateway-proxy-config</c>; null for none.</param>
/// <param name="options">What of a caller is passed on.</param>
internal sealed class IdentityMapper(string group, ReloadingFile<IdentityRules>? file, IdentityOptions options)
{
    private readonly string _annotation = $"{group}/cluster-gateway-proxy-configuration";
    private readonly ConditionalWeakTable<Cluster, Annotated> _annotated = [];

    /// <param name="caller">Whose request it is.</param>
    /// <param name="cluster">Where it goes.</param>
    /// <param name="asksForItself">Whether the caller asks by <c>impersonate=true</c> to be held to its own rights there.</param>
    public IdentityDecision Map(Caller caller, Cluster cluster, bool asksForItself = false)
    {
        if (caller.User == Caller.AnonymousUser && !options.TakesAnonymous)
        {
            return IdentityDecision.Refused("an anonymous caller is nobody in a managed cluster");
        }

        var annotated = _annotated.GetValue(cluster, Read);
        if (annotated.Problem is { } problem)
        {
            return IdentityDecision.Refused($"the cluster's annotation {_annotation} cannot be used: {problem}");
        }

        if (annotated.Rules.Find(caller, cluster.Name) is { } own)
        {
            return new IdentityDecision(own.Target, $"rule {own.Name} of the cluster");
        }

        if (file is { Refusal.Length: > 0 })
        {
            return IdentityDecision.Refused($"the identity rules cannot be used: {file.Refusal}");
        }

        return file?.Value.Find(caller, cluster.Name) is { } rule
            ? new IdentityDecision(rule.Target, $"rule {rule.Name}")
            : OfCaller(caller, asksForItself);
    }

    private IdentityDecision OfCaller(Caller caller, bool asksForItself)
    {
        if (!options.ImpersonatesCallers && !asksForItself)
        {
            return new IdentityDecision(ForwardedIdentity.AsGateway, "callers are not impersonated");
        }

        if (IdentityGuard.User(caller.User) is not { } user)
        {
            return IdentityDecision.Refused(
                $"user \"{caller.User}\" is not impersonated: the name is reserved in the managed cluster; map it by an identity rule");
        }

        return new IdentityDecision(
            ForwardedIdentity.Impersonate(
                user,
                options.PassUid ? caller.Uid : null,
                [.. IdentityGuard.Groups(caller.Groups)],
                options.Extra.Count == 0 ? null : Passed(caller)),
            "");
    }

    private Dictionary<string, IReadOnlyList<string>> Passed(Caller caller) =>
        caller.Extra.Where(e => options.Extra.Contains(e.Key)).ToDictionary(StringComparer.Ordinal);

    private Annotated Read(Cluster cluster)
    {
        if (!cluster.Annotations.TryGetValue(_annotation, out var text))
        {
            return new Annotated(IdentityRules.None, null);
        }

        try
        {
            return new Annotated(IdentityRulesYaml.Parse(text, onlyFor: cluster.Name), null);
        }
        catch (FormatException e)
        {
            return new Annotated(IdentityRules.None, e.Message);
        }
    }

    private sealed record Annotated(IdentityRules Rules, string? Problem);
}
