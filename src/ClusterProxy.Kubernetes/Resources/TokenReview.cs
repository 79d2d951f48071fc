namespace ClusterProxy.Kubernetes.Resources;

/// <summary>authentication.k8s.io/v1 TokenReview: asks the API server whose token this is.</summary>
public sealed record TokenReview : KubernetesObject
{
    public TokenReviewSpec? Spec { get; init; }

    public TokenReviewStatus? Status { get; init; }
}
