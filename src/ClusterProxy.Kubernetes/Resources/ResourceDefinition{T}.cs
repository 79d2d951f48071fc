using System.Text.Json.Serialization.Metadata;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>Where a kind lives in the API, and how its objects are read and written without reflection.</summary>
/// <param name="Group">The API group; empty for the core group.</param>
/// <param name="Version">Such as v1.</param>
/// <param name="Kind">Such as Lease.</param>
/// <param name="Plural">The name in URLs, such as leases.</param>
/// <param name="IsNamespaced">False for kinds that live in no namespace.</param>
/// <param name="Json">From a source-generated context.</param>
public sealed record ResourceDefinition<T>(
    string Group, string Version, string Kind, string Plural, bool IsNamespaced, JsonTypeInfo<T> Json)
    where T : KubernetesObject
{
    /// <summary>As in an object's apiVersion: the version alone in the core group.</summary>
    public string ApiVersion => Group.Length == 0 ? Version : $"{Group}/{Version}";

    /// <summary>Such as leases.coordination.k8s.io, for logs and errors.</summary>
    public string FullName => Group.Length == 0 ? Plural : $"{Plural}.{Group}";

    public override string ToString() => FullName;

    /// <summary>Fills in apiVersion and kind: the items of a list lack them, and a writer should not have to spell them.</summary>
    internal T Complete(T value) => value.ApiVersion is not null && value.Kind is not null
        ? value
        : value with { ApiVersion = value.ApiVersion ?? ApiVersion, Kind = value.Kind ?? Kind };
}
