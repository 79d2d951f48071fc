namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The question of a <see cref="SubjectAccessReview"/>: exactly one of the two attributes is set.</summary>
public sealed record SubjectAccessReviewSpec
{
    public string? User { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }

    public ResourceAttributes? ResourceAttributes { get; init; }

    public NonResourceAttributes? NonResourceAttributes { get; init; }
}
