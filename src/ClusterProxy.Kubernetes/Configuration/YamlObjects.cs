using System.Text.Json.Nodes;

namespace ClusterProxy.Kubernetes.Configuration;

/// <summary>Kubernetes objects as people write them into files.</summary>
public static class YamlObjects
{
    /// <summary>Every document of a text, as JSON; the items of a List one by one.</summary>
    /// <param name="text">YAML, which JSON is part of.</param>
    /// <param name="file">For the error.</param>
    /// <exception cref="KubeConfigException">It is no YAML, or no mapping.</exception>
    public static IReadOnlyList<JsonObject> Read(string text, string file)
    {
        var objects = new List<JsonObject>();
        foreach (var document in KubeConfigNode.ParseAll(text, file, allowsAliases: true))
        {
            var json = document.ToJson();
            if ((string?)json["kind"] == "List" && json["items"] is JsonArray items)
            {
                objects.AddRange(items.OfType<JsonObject>());
            }
            else
            {
                objects.Add(json);
            }
        }

        return objects;
    }
}
