namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Who someone is, as the API server sees it.</summary>
public sealed record UserInfo
{
    public string? Username { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }
}
