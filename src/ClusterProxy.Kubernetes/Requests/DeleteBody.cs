namespace ClusterProxy.Kubernetes.Requests;

/// <summary>metav1.DeleteOptions on the wire.</summary>
internal sealed record DeleteBody
{
    public string ApiVersion { get; } = "v1";

    public string Kind { get; } = "DeleteOptions";

    public DeletePreconditions? Preconditions { get; init; }

    public string? PropagationPolicy { get; init; }

    public int? GracePeriodSeconds { get; init; }

    public static DeleteBody Of(DeleteOptions options) => new()
    {
        Preconditions = options is { Uid: null, ResourceVersion: null } ? null : new DeletePreconditions(options.Uid, options.ResourceVersion),
        PropagationPolicy = options.PropagationPolicy,
        GracePeriodSeconds = options.GracePeriodSeconds,
    };
}
