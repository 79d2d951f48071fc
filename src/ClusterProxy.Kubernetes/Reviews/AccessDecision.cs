namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>The outcome of an access review.</summary>
/// <param name="Verdict">Only Allowed allows.</param>
/// <param name="Reason">What the API server says about it, or why it could not be asked.</param>
public sealed record AccessDecision(AccessVerdict Verdict, string Reason);
