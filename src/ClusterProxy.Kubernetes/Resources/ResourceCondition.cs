using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>One condition of a status, in the form that all kinds share.</summary>
public sealed record ResourceCondition
{
    public string? Type { get; init; }

    /// <summary>True, False or Unknown.</summary>
    public string? Status { get; init; }

    public string? Reason { get; init; }

    public string? Message { get; init; }

    public long? ObservedGeneration { get; init; }

    /// <summary>Null also for a time that .NET does not know.</summary>
    [JsonConverter(typeof(LenientTimeConverter))]
    public DateTimeOffset? LastTransitionTime { get; init; }

    /// <summary>Only signing requests have it; null as the other.</summary>
    [JsonConverter(typeof(LenientTimeConverter))]
    public DateTimeOffset? LastUpdateTime { get; init; }
}
