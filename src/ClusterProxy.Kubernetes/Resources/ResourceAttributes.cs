namespace ClusterProxy.Kubernetes.Resources;

/// <summary>A request for a resource, as access is decided on.</summary>
public sealed record ResourceAttributes
{
    /// <summary>get, list, watch, create, update, patch, delete, deletecollection, proxy, impersonate, …</summary>
    public string? Verb { get; init; }

    public string? Group { get; init; }

    public string? Version { get; init; }

    public string? Resource { get; init; }

    public string? Subresource { get; init; }

    public string? Namespace { get; init; }

    public string? Name { get; init; }
}
