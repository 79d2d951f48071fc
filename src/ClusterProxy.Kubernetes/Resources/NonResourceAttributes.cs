namespace ClusterProxy.Kubernetes.Resources;

/// <summary>A request for a path that is no resource, such as /metrics.</summary>
public sealed record NonResourceAttributes
{
    public string? Path { get; init; }

    /// <summary>The HTTP method in lower case.</summary>
    public string? Verb { get; init; }
}
