namespace ClusterProxy.Gateway.Authorization;

/// <summary>What a caller wants to do, as access is decided on.</summary>
/// <param name="Verb">Kubernetes'; for paths the method in lower case.</param>
internal sealed record AccessRequest(string Verb)
{
    /// <summary>A path of the gateway that is no resource, such as /metrics; empty for a resource.</summary>
    public string Path { get; init; } = "";

    /// <summary>clustergateways or virtualclusters.</summary>
    public string Resource { get; init; } = "";

    /// <summary>proxy, health, or empty.</summary>
    public string Subresource { get; init; } = "";

    /// <summary>The cluster; empty for a list.</summary>
    public string Name { get; init; } = "";

    /// <summary>What is asked of the cluster; null when nothing is, or when nobody wants to know.</summary>
    public InnerRequest? Inner { get; init; }
}
