using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Who holds a lease and until when.</summary>
public sealed record LeaseSpec
{
    public string? HolderIdentity { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? AcquireTime { get; init; }

    [JsonConverter(typeof(MicroTimeConverter))]
    public DateTimeOffset? RenewTime { get; init; }

    public int? LeaseTransitions { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
