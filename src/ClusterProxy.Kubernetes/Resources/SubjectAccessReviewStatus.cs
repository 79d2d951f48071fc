namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The answer of a <see cref="SubjectAccessReview"/>; neither allowed nor denied means that no rule said anything.</summary>
public sealed record SubjectAccessReviewStatus
{
    public bool? Allowed { get; init; }

    public bool? Denied { get; init; }

    public string? Reason { get; init; }

    public string? EvaluationError { get; init; }
}
