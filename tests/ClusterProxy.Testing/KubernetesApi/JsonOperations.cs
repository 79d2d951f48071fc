using System.Globalization;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>RFC 6902: add, remove, replace and test.</summary>
internal static class JsonOperations
{
    public static JsonObject Apply(JsonObject target, JsonArray operations)
    {
        JsonNode root = target;
        foreach (var operation in operations.OfType<JsonObject>())
        {
            Apply(root, operation);
        }

        return (JsonObject)root;
    }

    private static void Apply(JsonNode root, JsonObject operation)
    {
        var path = operation["path"]!.GetValue<string>();
        var parts = path.Split('/').Skip(1).Select(static p => p.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)).ToArray();
        var parent = parts[..^1].Aggregate((JsonNode?)root, static (node, part) => Child(node, part))
            ?? throw new ApiErrorException(422, "Invalid", $"the path {path} does not exist");
        var value = operation["value"]?.DeepClone();
        switch (operation["op"]!.GetValue<string>())
        {
            case "test":
                if (!JsonNode.DeepEquals(Child(parent, parts[^1]), value))
                {
                    throw new ApiErrorException(422, "Invalid", $"testing value at {path} failed");
                }

                break;
            case "remove":
                Remove(parent, parts[^1], path);
                break;
            case "replace":
                Remove(parent, parts[^1], path);
                Add(parent, parts[^1], value);
                break;
            case "add":
                Add(parent, parts[^1], value);
                break;
            case var other:
                throw ApiErrorException.Bad($"the operation {other} is not known");
        }
    }

    private static JsonNode? Child(JsonNode? node, string part) => node switch
    {
        JsonObject parent => parent[part],
        JsonArray list when int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out var index) && index < list.Count => list[index],
        _ => null,
    };

    private static void Add(JsonNode parent, string part, JsonNode? value)
    {
        if (parent is JsonArray list)
        {
            list.Insert(part == "-" ? list.Count : int.Parse(part, CultureInfo.InvariantCulture), value);
        }
        else
        {
            parent.AsObject()[part] = value;
        }
    }

    private static void Remove(JsonNode parent, string part, string path)
    {
        if (parent is JsonArray list)
        {
            list.RemoveAt(int.Parse(part, CultureInfo.InvariantCulture));
        }
        else if (!parent.AsObject().Remove(part))
        {
            throw new ApiErrorException(422, "Invalid", $"the path {path} does not exist");
        }
    }
}
