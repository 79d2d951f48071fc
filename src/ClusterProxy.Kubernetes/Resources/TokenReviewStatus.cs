namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The answer of a <see cref="TokenReview"/>.</summary>
public sealed record TokenReviewStatus
{
    public bool? Authenticated { get; init; }

    public UserInfo? User { get; init; }

    /// <summary>Those of the asked audiences that the token is for; empty from a server that knows of none.</summary>
    public IReadOnlyList<string>? Audiences { get; init; }

    /// <summary>Why the token could not be checked.</summary>
    public string? Error { get; init; }
}
