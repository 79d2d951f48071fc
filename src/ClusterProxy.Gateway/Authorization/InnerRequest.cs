using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Gateway.Authorization;

/// <summary>
/// What a request means to the managed cluster's API server, read from its method and raw target by Kubernetes' own rules, so that it
/// can be decided on here. A target that could mean one thing here and another there is none.
/// </summary>
internal sealed record InnerRequest
{
    /// <summary>get, list, watch, create, update, patch, delete, deletecollection; for paths that are no resource the method in lower case.</summary>
    public required string Verb { get; init; }

    /// <summary>Decoded.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the rest says anything.</summary>
    public bool IsResource { get; init; }

    /// <summary>Empty for the core group.</summary>
    public string Group { get; init; } = "";

    public string Version { get; init; } = "";

    public string Namespace { get; init; } = "";

    public string Resource { get; init; } = "";

    public string Subresource { get; init; } = "";

    public string Name { get; init; } = "";

    /// <summary>For rules and texts: pods/log, deployments.apps.</summary>
    public string QualifiedResource =>
        Resource + (Group.Length > 0 ? $".{Group}" : "") + (Subresource.Length > 0 ? $"/{Subresource}" : "");

    /// <param name="method">HTTP's.</param>
    /// <param name="target">Path and query on the managed cluster, raw.</param>
    /// <param name="isUpgrade">An upgrade opens a stream in both directions, such as exec: that is no reading, whatever the method.</param>
    /// <returns>Null for a target that is ambiguous.</returns>
    public static InnerRequest? Parse(string method, RequestTarget target, bool isUpgrade)
    {
        var path = InnerPath.Parse(target.Path);
        if (path is null)
        {
            return null;
        }

        var parts = path.Segments;
        var isCore = parts is ["api", ..];
        if (!(isCore && parts.Count >= 3) && !(parts is ["apis", ..] && parts.Count >= 4))
        {
            return OfPath(method, path, isUpgrade);
        }

        var (group, version, rest) = isCore ? ("", parts[1], parts[2..]) : (parts[1], parts[2], parts[3..]);
        var verb = VerbOf(method);
        if (rest is ["watch", ..])
        {
            // The old way to watch; alone it is the name of a resource that no API has.
            if (rest.Count < 2)
            {
                return OfPath(method, path, isUpgrade);
            }

            (verb, rest) = (verb is "get" ? "watch" : verb, rest[1..]);
        }
        else if (rest is ["proxy", ..])
        {
            // Gone from Kubernetes for years; what an old API server would make of it is not to be guessed.
            return null;
        }

        var space = "";
        if (rest is ["namespaces", var name, ..])
        {
            space = name;
            if (rest.Count > 2 && rest[2] is not ("status" or "finalize"))
            {
                rest = rest[2..];
            }
        }

        return path.HasPlainHead(parts.Count - rest.Count + Math.Min(rest.Count, 3))
            ? Complete(new InnerRequest
            {
                Verb = verb,
                Path = path.Decoded,
                IsResource = true,
                Group = group,
                Version = version,
                Namespace = space,
                Resource = rest[0],
                Name = rest.Count > 1 ? rest[1] : "",
                Subresource = rest.Count > 2 ? rest[2] : "",
            }, target, isUpgrade)
            : null;
    }

    /// <summary>The verb that RBAC on the hub sees: by method alone, and an upgrade creates.</summary>
    public static string VerbOf(string method, bool isUpgrade) => isUpgrade ? "create" : VerbOf(method);

    private static InnerRequest? Complete(InnerRequest request, RequestTarget target, bool isUpgrade)
    {
        var (verb, name) = (request.Verb, request.Name);
        if (name.Length == 0 && !target.HasPlainQuery())
        {
            return null;
        }

        if (name.Length == 0 && verb is "get" or "watch")
        {
            verb = verb is "watch" || target.Flag("watch") ? "watch" : "list";
            name = NameOf(target);
        }
        else if (name.Length == 0 && verb is "delete")
        {
            (verb, name) = ("deletecollection", NameOf(target));
        }

        return request with { Verb = isUpgrade ? "create" : verb, Name = name };
    }

    /// <summary>A list of one named object counts as one for that object.</summary>
    private static string NameOf(RequestTarget target)
    {
        // Of several selectors an API server takes the first; what is not sure to be one name asks for the right to all.
        if (target.Values("fieldSelector").ToArray() is not [var selector])
        {
            return "";
        }

        try
        {
            return FieldSelector.Parse(selector).Requirements.Where(static r => r is { Path: "metadata.name", IsEqual: true }).ToArray() is [var one]
                && one.Value.Length > 0 && !one.Value.Contains('/', StringComparison.Ordinal) && !one.Value.Contains('%', StringComparison.Ordinal)
                ? one.Value
                : "";
        }
        catch (FormatException)
        {
            return "";
        }
    }

    private static InnerRequest? OfPath(string method, InnerPath path, bool isUpgrade) => path.HasPlainHead(path.Segments.Count)
        ? new InnerRequest { Verb = isUpgrade ? "post" : method.ToLowerInvariant(), Path = path.Decoded }
        : null;

    private static string VerbOf(string method) => method switch
    {
        "GET" or "HEAD" => "get",
        "POST" => "create",
        "PUT" => "update",
        "PATCH" => "patch",
        "DELETE" => "delete",
        var other => other.ToLowerInvariant(),
    };
}
