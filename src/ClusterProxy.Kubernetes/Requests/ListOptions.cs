using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>Which objects of a kind.</summary>
public sealed record ListOptions
{
    /// <summary>All of them, in all namespaces.</summary>
    public static ListOptions Everything { get; } = new();

    /// <summary>Null for all namespaces, and for kinds without.</summary>
    public string? Namespace { get; init; }

    public LabelSelector Labels { get; init; } = LabelSelector.Everything;

    public FieldSelector Fields { get; init; } = FieldSelector.Everything;

    /// <summary>"0" takes what the API server has cached, which may be old; null asks for the newest.</summary>
    public string? ResourceVersion { get; init; }
}
