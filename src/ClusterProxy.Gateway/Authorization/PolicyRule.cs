using ClusterProxy.Gateway.Authentication;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>Lets some callers do something in some clusters. <c>*</c> stands for all of a kind.</summary>
internal sealed record PolicyRule
{
    public const string Any = "*";

    public IReadOnlyList<string> Users { get; init; } = [];

    public IReadOnlyList<string> Groups { get; init; } = [];

    public required IReadOnlyList<string> Clusters { get; init; }

    /// <summary>Of the request inside the cluster: get, list, watch, create, …</summary>
    public required IReadOnlyList<string> Verbs { get; init; }

    /// <summary>pods, pods/log, deployments.apps, *.apps; none means all, and all paths too, unless <see cref="Paths"/> says which.</summary>
    public IReadOnlyList<string> Resources { get; init; } = [];

    /// <summary>None means all, and objects without a namespace.</summary>
    public IReadOnlyList<string> Namespaces { get; init; } = [];

    /// <summary>Paths that are no resources, or their beginnings with a * behind.</summary>
    public IReadOnlyList<string> Paths { get; init; } = [];

    public bool IsForAllOfACluster => Resources.Count + Namespaces.Count + Paths.Count == 0;

    public bool IsFor(Caller caller) =>
        (Users.Contains(Any) && caller.Kind != CallerKind.Anonymous) || Users.Contains(caller.User) || Groups.Any(caller.Groups.Contains);

    public bool IsForCluster(string name) => Clusters.Contains(Any) || Clusters.Contains(name);

    public bool HasVerb(string verb) => Verbs.Contains(Any) || Verbs.Contains(verb);

    public bool Allows(InnerRequest inner) => HasVerb(inner.Verb) && (inner.IsResource ? AllowsResource(inner) : AllowsPath(inner.Path));

    private bool AllowsResource(InnerRequest inner) => Resources.Count == 0
        ? Paths.Count == 0 && InNamespace(inner)
        : Resources.Any(r => r == Any || r == inner.QualifiedResource || r == GroupOf(inner)) && InNamespace(inner);

    private bool AllowsPath(string path) => Paths.Count == 0
        ? Resources.Count + Namespaces.Count == 0
        : Paths.Any(p => p == path || (p.EndsWith('*') && path.StartsWith(p[..^1], StringComparison.Ordinal)));

    private bool InNamespace(InnerRequest inner) =>
        Namespaces.Count == 0 || Namespaces.Contains(Any) || Namespaces.Contains(inner.Namespace);

    private static string GroupOf(InnerRequest inner) => $"{Any}.{inner.Group}";
}
