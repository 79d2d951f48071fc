using System.Globalization;
using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>The form in which a client wants objects: as they are, as a Table, or their metadata only.</summary>
internal sealed class ApiView(ApiCall call, TimeProvider time)
{
    private readonly string _form = Form(call.Request.Headers.GetValueOrDefault("Accept", ""));
    private bool _columnsSent;

    public JsonObject Of(JsonObject value) => _form switch
    {
        "Table" when value["items"] is JsonArray items => Table(items.OfType<JsonObject>(), value["metadata"]!),
        "Table" => Table([value], new JsonObject { ["resourceVersion"] = ObjectPath.Text(value, "metadata.resourceVersion") }),
        "PartialObjectMetadata" => Partial(value),
        "PartialObjectMetadataList" => PartialList(value),
        _ => value,
    };

    public JsonObject OfWatched(JsonObject value, bool isBookmark)
    {
        if (_form != "Table")
        {
            return Of(value);
        }

        var table = Table(isBookmark ? [] : [value], new JsonObject { ["resourceVersion"] = ObjectPath.Text(value, "metadata.resourceVersion") });
        if (_columnsSent)
        {
            table["columnDefinitions"] = null;
        }

        _columnsSent = true;
        return table;
    }

    /// <summary>The first clause that can be served, as the API server chooses.</summary>
    private static string Form(string accept)
    {
        if (accept.Length == 0)
        {
            return "";
        }

        foreach (var clause in accept.Split(','))
        {
            var parts = clause.Split(';', StringSplitOptions.TrimEntries);
            if (parts[0] is "application/json" or "*/*" or "application/*")
            {
                var form = parts.FirstOrDefault(static p => p.StartsWith("as=", StringComparison.Ordinal))?[3..] ?? "";
                if (form is "" || (form is "Table" or "PartialObjectMetadata" or "PartialObjectMetadataList" && parts.Contains("v=v1")))
                {
                    return form;
                }
            }
        }

        throw new ApiErrorException(406, "NotAcceptable", "only the following media types are accepted: application/json");
    }

    private static JsonObject Partial(JsonObject value) => new()
    {
        ["kind"] = "PartialObjectMetadata",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = value["metadata"]?.DeepClone(),
    };

    private static JsonObject PartialList(JsonObject value) => new()
    {
        ["kind"] = "PartialObjectMetadataList",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = value["metadata"]?.DeepClone(),
        ["items"] = new JsonArray([.. (value["items"] as JsonArray ?? []).OfType<JsonObject>().Select(static i => (JsonNode)Partial(i))]),
    };

    private JsonObject Table(IEnumerable<JsonObject> items, JsonNode metadata) => new()
    {
        ["kind"] = "Table",
        ["apiVersion"] = "meta.k8s.io/v1",
        ["metadata"] = metadata.DeepClone(),
        ["columnDefinitions"] = new JsonArray([Column("Name", "name"), .. call.Resource.Columns.Select(static c => Column(c.Name, "")), Column("Age", "")]),
        ["rows"] = new JsonArray([.. items.Select(i => (JsonNode)Row(i))]),
    };

    private static JsonObject Column(string name, string format) =>
        new JsonObject { ["name"] = name, ["type"] = "string", ["format"] = format, ["description"] = name, ["priority"] = 0 };

    private JsonObject Row(JsonObject value)
    {
        var row = new JsonObject
        {
            ["cells"] = new JsonArray([
                ObjectPath.Text(value, "metadata.name"),
                .. call.Resource.Columns.Select(c => (JsonNode?)ObjectPath.Text(value, c.Path)),
                Age(value)]),
        };
        row["object"] = call.Query("includeObject") switch
        {
            "None" => null,
            "Object" => value.DeepClone(),
            _ => Partial(value),
        };
        return row;
    }

    private string Age(JsonObject value) => ObjectPath.Text(value, "metadata.creationTimestamp") is { } created
        ? $"{(int)(time.GetUtcNow() - DateTimeOffset.Parse(created, CultureInfo.InvariantCulture)).TotalSeconds}s"
        : "<unknown>";
}
