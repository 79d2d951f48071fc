using System.Text;

namespace ClusterProxy.Kubernetes.Resources;

/// <summary>v1 Secret. Its text never shows the data, so that a logged Secret gives nothing away.</summary>
public sealed record Secret : KubernetesObject
{
    public string? Type { get; init; }

    /// <summary>Decoded from the wire's base64.</summary>
    public IReadOnlyDictionary<string, byte[]>? Data { get; init; }

    public bool? Immutable { get; init; }

    /// <summary>A value as UTF-8 text; null when the key is absent.</summary>
    public string? Text(string key) => Data?.TryGetValue(key, out var value) == true ? Encoding.UTF8.GetString(value) : null;

    public override string ToString() => $"Secret {Key} with {Data?.Count ?? 0} values";
}
