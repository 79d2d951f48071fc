using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>OpenAPI v3, by which kubectl explains fields. There is no v2: kube-apiserver goes without.</summary>
internal sealed class OpenApiDocuments
{
    private const string Index = "/openapi/v3";

    private readonly string _documentPath;
    private readonly FixedDocument _index;
    private readonly FixedDocument _document;

    public OpenApiDocuments(ApiGroup group, IReadOnlyList<ServedKind> kinds)
    {
        _documentPath = Index + group.Root;
        _document = new FixedDocument(Document(group, kinds));
        _index = new FixedDocument(new JsonObject
        {
            ["paths"] = new JsonObject
            {
                [group.Root[1..]] = new JsonObject { ["serverRelativeURL"] = $"{_documentPath}?hash={_document.Hash}" },
            },
        });
    }

    /// <summary>An old hash is answered with what is there now: kube-apiserver follows no redirect.</summary>
    /// <returns>Null when the path is none of these.</returns>
    /// <exception cref="ApiProblemException">The document is wanted as protobuf only; who is told so does without.</exception>
    public FixedDocument? Find(string path, string accept) =>
        path == Index ? _index
        : path != _documentPath ? null
        : AcceptHeader.FormOf(accept) is null ? throw ApiProblemException.NotAcceptable()
        : _document;

    private static JsonObject Document(ApiGroup group, IReadOnlyList<ServedKind> kinds)
    {
        var paths = new JsonObject();
        var schemas = new JsonObject();
        foreach (var kind in kinds)
        {
            var schema = SchemaName(group, kind.Kind);
            schemas[schema] = OpenApiSchemas.Object(group, kind.Kind);
            schemas[$"{schema}List"] = OpenApiSchemas.List(group, kind.Kind, schema);
            paths[$"{group.Root}/{kind.Plural}"] = new JsonObject { ["get"] = Operation(group, kind.Kind, "list", $"{schema}List") };
            paths[$"{group.Root}/{kind.Plural}/{{name}}"] = new JsonObject { ["get"] = Operation(group, kind.Kind, "get", schema) };
            foreach (var sub in kind.Subresources)
            {
                paths[$"{group.Root}/{kind.Plural}/{{name}}/{sub.Name}"] = new JsonObject { ["get"] = Operation(group, sub.Kind, "get", schema) };
            }
        }

        return new JsonObject
        {
            ["openapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = "cluster-gateway", ["version"] = group.Version },
            ["paths"] = paths,
            ["components"] = new JsonObject { ["schemas"] = schemas },
        };
    }

    /// <summary>The group's name turned round, as in every Kubernetes document.</summary>
    private static string SchemaName(ApiGroup group, string kind) =>
        $"{string.Join('.', group.Name.Split('.').Reverse())}.{group.Version}.{kind}";

    private static JsonObject Operation(ApiGroup group, string kind, string action, string schema) => new()
    {
        ["x-kubernetes-action"] = action,
        ["x-kubernetes-group-version-kind"] = OpenApiSchemas.KindOf(group, kind),
        ["responses"] = new JsonObject
        {
            ["200"] = new JsonObject
            {
                ["description"] = "OK",
                ["content"] = new JsonObject
                {
                    [JsonResponse.ContentType] = new JsonObject
                    {
                        ["schema"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" },
                    },
                },
            },
        },
    };
}
