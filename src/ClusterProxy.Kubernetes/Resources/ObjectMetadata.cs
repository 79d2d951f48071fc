using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>The part of an object that the API server keeps for every kind.</summary>
public sealed record ObjectMetadata
{
    public string? Name { get; init; }

    public string? GenerateName { get; init; }

    public string? Namespace { get; init; }

    public string? Uid { get; init; }

    /// <summary>Opaque; an update that carries it fails with a conflict when the object has changed since.</summary>
    public string? ResourceVersion { get; init; }

    public long? Generation { get; init; }

    public DateTimeOffset? CreationTimestamp { get; init; }

    /// <summary>Set while the object waits for its finalizers.</summary>
    public DateTimeOffset? DeletionTimestamp { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }

    public IReadOnlyList<string>? Finalizers { get; init; }

    public IReadOnlyList<OwnerReference>? OwnerReferences { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
