namespace ClusterProxy.Kubernetes.Resources;

/// <summary>authorization.k8s.io/v1 SubjectAccessReview: asks the API server whether someone may do something.</summary>
public sealed record SubjectAccessReview : KubernetesObject
{
    public SubjectAccessReviewSpec? Spec { get; init; }

    public SubjectAccessReviewStatus? Status { get; init; }
}
