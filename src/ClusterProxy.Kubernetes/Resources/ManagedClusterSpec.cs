using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>How the hub reaches a managed cluster and whether it accepts it.</summary>
public sealed record ManagedClusterSpec
{
    public IReadOnlyList<ManagedClusterClientConfig>? ManagedClusterClientConfigs { get; init; }

    public bool? HubAcceptsClient { get; init; }

    public int? LeaseDurationSeconds { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
