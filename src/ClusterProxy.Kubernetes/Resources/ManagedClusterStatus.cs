using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>What the hub knows about a managed cluster.</summary>
public sealed record ManagedClusterStatus
{
    public IReadOnlyList<ResourceCondition>? Conditions { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
