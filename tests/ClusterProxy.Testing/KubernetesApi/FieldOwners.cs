using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>
/// Who owns which field, kept in metadata.managedFields as the API server does, but with every list as one field: none of the kinds
/// here is applied by several managers inside a list.
/// </summary>
internal sealed class FieldOwners
{
    private const char Separator = '\u001f';
    private readonly Dictionary<(string Manager, string Operation), HashSet<string>> _owned = [];

    private FieldOwners()
    {
    }

    public static FieldOwners Of(JsonObject? value)
    {
        var owners = new FieldOwners();
        foreach (var entry in (ObjectPath.Find(value, "metadata.managedFields") as JsonArray ?? []).OfType<JsonObject>())
        {
            owners._owned[(entry["manager"]!.GetValue<string>(), entry["operation"]!.GetValue<string>())] =
                [.. Leaves((JsonObject)entry["fieldsV1"]!, static name => name.StartsWith("f:", StringComparison.Ordinal) ? name[2..] : null)];
        }

        return owners;
    }

    /// <summary>Fields that others own and that the manager wants to be different.</summary>
    public IReadOnlyList<(string Manager, string Field)> Conflicts(string manager, JsonObject current, JsonObject applied) =>
    [
        .. from field in Leaves(Relevant(applied))
           where !JsonNode.DeepEquals(Value(current, field), Value(applied, field))
           from owner in _owned
           where owner.Key != (manager, "Apply") && owner.Value.Contains(field)
           select (owner.Key.Manager, "." + field.Replace(Separator, '.')),
    ];

    /// <summary>Puts the applied fields into the object and takes out those that only this manager had applied before.</summary>
    public void Apply(string manager, JsonObject current, JsonObject applied)
    {
        var fields = Leaves(Relevant(applied)).ToHashSet(StringComparer.Ordinal);
        var before = _owned.GetValueOrDefault((manager, "Apply"), []);
        foreach (var owner in _owned.Where(o => o.Key != (manager, "Apply")))
        {
            owner.Value.RemoveWhere(f => fields.Contains(f) && !JsonNode.DeepEquals(Value(current, f), Value(applied, f)));
        }

        _owned[(manager, "Apply")] = fields;
        foreach (var field in before.Where(f => !_owned.Values.Any(o => o.Contains(f))))
        {
            Remove(current, field);
        }

        foreach (var field in fields)
        {
            Set(current, field, Value(applied, field)?.DeepClone());
        }
    }

    /// <summary>A plain write takes the fields that it changed.</summary>
    public void Update(string manager, JsonObject? before, JsonObject after)
    {
        var now = Leaves(Relevant(after)).ToHashSet(StringComparer.Ordinal);
        var changed = now.Where(f => before is null || !JsonNode.DeepEquals(Value(before, f), Value(after, f))).ToHashSet(StringComparer.Ordinal);
        foreach (var owner in _owned)
        {
            owner.Value.RemoveWhere(f => changed.Contains(f) || !now.Contains(f));
        }

        if (changed.Count > 0)
        {
            var key = (manager, "Update");
            _owned[key] = [.. _owned.GetValueOrDefault(key, []), .. changed];
        }
    }

    public void WriteTo(JsonObject value)
    {
        var entries = _owned.Where(static o => o.Value.Count > 0)
            .OrderBy(static o => o.Key.Manager, StringComparer.Ordinal)
            .Select(o => (JsonNode)new JsonObject
            {
                ["manager"] = o.Key.Manager,
                ["operation"] = o.Key.Operation,
                ["apiVersion"] = value["apiVersion"]?.DeepClone(),
                ["fieldsType"] = "FieldsV1",
                ["fieldsV1"] = Tree(o.Value),
            });
        ((JsonObject)value["metadata"]!)["managedFields"] = new JsonArray([.. entries]);
    }

    private static JsonObject Tree(IEnumerable<string> fields)
    {
        var root = new JsonObject();
        foreach (var field in fields.Order(StringComparer.Ordinal))
        {
            var node = root;
            foreach (var part in field.Split(Separator))
            {
                node = (JsonObject)(node[$"f:{part}"] ??= new JsonObject());
            }
        }

        return root;
    }

    /// <summary>Without what names the object and what the server keeps.</summary>
    private static JsonObject Relevant(JsonObject value)
    {
        var copy = (JsonObject)value.DeepClone();
        copy.Remove("apiVersion");
        copy.Remove("kind");
        if (copy["metadata"] is JsonObject metadata)
        {
            foreach (var name in (string[])["name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"])
            {
                metadata.Remove(name);
            }

            if (metadata.Count == 0)
            {
                copy.Remove("metadata");
            }
        }

        return copy;
    }

    private static IEnumerable<string> Leaves(JsonObject node, Func<string, string?>? rename = null, string prefix = "")
    {
        foreach (var (name, child) in node)
        {
            var part = rename is null ? name : rename(name);
            if (part is null)
            {
                continue;
            }

            var path = prefix.Length == 0 ? part : prefix + Separator + part;
            if (child is JsonObject { Count: > 0 } inner)
            {
                foreach (var leaf in Leaves(inner, rename, path))
                {
                    yield return leaf;
                }
            }
            else
            {
                yield return path;
            }
        }
    }

    private static JsonNode? Value(JsonNode? node, string field) =>
        field.Split(Separator).Aggregate(node, static (n, part) => (n as JsonObject)?[part]);

    private static void Set(JsonObject node, string field, JsonNode? value)
    {
        var parts = field.Split(Separator);
        foreach (var part in parts[..^1])
        {
            node = (JsonObject)(node[part] ??= new JsonObject());
        }

        node[parts[^1]] = value;
    }

    private static void Remove(JsonObject node, string field)
    {
        var parts = field.Split(Separator);
        if (parts[..^1].Aggregate((JsonNode?)node, static (n, part) => (n as JsonObject)?[part]) is JsonObject parent)
        {
            parent.Remove(parts[^1]);
        }
    }
}
