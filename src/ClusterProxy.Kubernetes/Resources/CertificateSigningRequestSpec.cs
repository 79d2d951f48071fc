using System.Text.Json;
using System.Text.Json.Serialization;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>What is asked for. Username, uid, groups and extra are filled in by the API server from who asked.</summary>
public sealed record CertificateSigningRequestSpec
{
    /// <summary>PEM of the PKCS #10 request.</summary>
    public byte[]? Request { get; init; }

    public string? SignerName { get; init; }

    public int? ExpirationSeconds { get; init; }

    public IReadOnlyList<string>? Usages { get; init; }

    public string? Username { get; init; }

    public string? Uid { get; init; }

    public IReadOnlyList<string>? Groups { get; init; }

    public IReadOnlyDictionary<string, IReadOnlyList<string>>? Extra { get; init; }

    /// <inheritdoc cref="KubernetesObject.MoreFields"/>
    [JsonExtensionData]
    public IDictionary<string, JsonElement>? MoreFields { get; set; }
}
