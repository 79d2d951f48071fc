namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The question of a <see cref="TokenReview"/>. Its text never shows the token.</summary>
public sealed record TokenReviewSpec
{
    public string? Token { get; init; }

    public IReadOnlyList<string>? Audiences { get; init; }

    public override string ToString() => $"TokenReviewSpec for audiences {string.Join(", ", Audiences ?? [])}";
}
