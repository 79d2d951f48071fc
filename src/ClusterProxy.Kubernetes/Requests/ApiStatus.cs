namespace ClusterProxy.Kubernetes.Requests;

/// <summary>metav1.Status: how the API server words a failure.</summary>
public sealed record ApiStatus
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    /// <summary>Success or Failure.</summary>
    public string? Status { get; init; }

    public string? Message { get; init; }

    /// <summary>One word for programs, such as NotFound.</summary>
    public string? Reason { get; init; }

    public ApiStatusDetails? Details { get; init; }

    /// <summary>The HTTP status.</summary>
    public int? Code { get; init; }
}
