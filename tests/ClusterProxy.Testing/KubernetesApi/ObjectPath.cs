using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>Dotted paths into objects, as field selectors and columns use them.</summary>
internal static class ObjectPath
{
    public static JsonNode? Find(JsonNode? node, string path)
    {
        foreach (var name in path.Split('.'))
        {
            node = node is JsonObject parent ? parent[name] : null;
        }

        return node;
    }

    public static string? Text(JsonNode? node, string path) => Find(node, path) switch
    {
        null => null,
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        var other => other.ToJsonString(),
    };

    public static ObjectKey Key(JsonObject value) => new(Text(value, "metadata.namespace") ?? "", Text(value, "metadata.name") ?? "");

    public static Dictionary<string, string>? Labels(JsonObject value) =>
        (Find(value, "metadata.labels") as JsonObject)?.ToDictionary(static l => l.Key, static l => l.Value?.GetValue<string>() ?? "", StringComparer.Ordinal);
}
