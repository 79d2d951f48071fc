using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>
/// What every object of the API has. Fields that a type does not know are kept in <see cref="MoreFields"/> and written back, so that
/// reading, changing and updating an object never drops what a newer API server or another controller put there.
/// </summary>
public abstract record KubernetesObject
{
    public string? ApiVersion { get; init; }

    public string? Kind { get; init; }

    public ObjectMetadata? Metadata { get; init; }

    /// <summary>Fields beyond the typed ones.</summary>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }

    /// <summary>The object's key; empty name for one that was not created yet.</summary>
    [JsonIgnore]
    public ResourceName Key => new(Metadata?.Namespace, Metadata?.Name ?? "");
}
