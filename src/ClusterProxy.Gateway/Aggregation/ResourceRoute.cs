namespace ClusterProxy.Gateway.Aggregation;

/// <summary>A path below the API's root, in parts.</summary>
/// <param name="Resource">Plural.</param>
/// <param name="Name">Of the object; empty for the collection.</param>
/// <param name="Subresource">Empty for the object itself.</param>
/// <param name="Rest">Behind the subresource, raw, from its slash on; empty when there is nothing.</param>
internal readonly record struct ResourceRoute(string Resource, string Name, string Subresource, string Rest)
{
    /// <param name="path">Raw.</param>
    /// <param name="root">Of the API.</param>
    /// <returns>Null for a path that is not below the root. Names are DNS names, so an escape in one names nothing.</returns>
    public static ResourceRoute? Parse(string path, string root)
    {
        if (!path.StartsWith(root, StringComparison.Ordinal) || path.Length == root.Length || path[root.Length] != '/')
        {
            return null;
        }

        var parts = path[(root.Length + 1)..].Split('/', 4);
        var rest = parts.Length > 3 ? "/" + parts[3] : "";
        return parts switch
        {
            [{ Length: > 0 } resource] => new ResourceRoute(resource, "", "", ""),
            [{ Length: > 0 } resource, var name] => new ResourceRoute(resource, name, "", ""),
            [{ Length: > 0 } resource, { Length: > 0 } name, ""] => new ResourceRoute(resource, name, "", ""),
            [{ Length: > 0 } resource, { Length: > 0 } name, { Length: > 0 } sub, ..] => new ResourceRoute(resource, name, sub, rest),
            _ => null,
        };
    }
}
