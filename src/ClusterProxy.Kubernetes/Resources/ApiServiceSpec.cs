using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Where an aggregated API is served and by whose certificate.</summary>
public sealed record ApiServiceSpec
{
    public string? Group { get; init; }

    public string? Version { get; init; }

    /// <summary>PEM of the authorities that the aggregator trusts for this server.</summary>
    public byte[]? CaBundle { get; init; }

    public bool? InsecureSkipTLSVerify { get; init; }

    public int? GroupPriorityMinimum { get; init; }

    public int? VersionPriority { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
