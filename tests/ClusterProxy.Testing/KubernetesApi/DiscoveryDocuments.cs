using System.Text.Json.Nodes;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>What clients read to learn which kinds there are: old and aggregated discovery, and as much OpenAPI as kubectl needs.</summary>
internal static class DiscoveryDocuments
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    /// <returns>Null when the path is none of discovery's.</returns>
    public static (string ContentType, JsonObject Document)? Find(string path, string accept, IReadOnlyList<ApiResource> resources)
    {
        var wantsAggregated = accept.Contains("as=APIGroupDiscoveryList", StringComparison.Ordinal)
            && accept.Contains("v=v2", StringComparison.Ordinal)
            && !accept.StartsWith("application/json,", StringComparison.Ordinal);
        return path.TrimEnd('/') switch
        {
            "/api" when wantsAggregated => (Aggregated, GroupDiscovery(resources.Where(static r => r.Group.Length == 0))),
            "/apis" when wantsAggregated => (Aggregated, GroupDiscovery(resources.Where(static r => r.Group.Length > 0))),
            "/api" => Json(new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray("v1") }),
            "/apis" => Json(new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray([.. Groups(resources).Select(Group)]) }),
            "/openapi/v3" => Json(OpenApiIndex(resources)),
            "/version" => Json(new JsonObject { ["major"] = "1", ["minor"] = "32", ["gitVersion"] = "v1.32.0-fake", ["platform"] = "linux/amd64" }),
            ['/', 'o', 'p', 'e', 'n', 'a', 'p', 'i', '/', 'v', '3', .. var root] => resources.Where(r => r.Root == root).ToArray() is { Length: > 0 } of
                ? Json(OpenApi(of))
                : null,
            var other when Groups(resources).FirstOrDefault(g => $"/apis/{g.Key}" == other) is { } group => Json((JsonObject)Group(group)),
            var other => resources.Where(r => r.Root == other).ToArray() is { Length: > 0 } of ? Json(ResourceList(of)) : null,
        };
    }

    private static (string ContentType, JsonObject Document) Json(JsonObject document) => ("application/json", document);

    private static IEnumerable<IGrouping<string, ApiResource>> Groups(IEnumerable<ApiResource> resources) =>
        resources.Where(static r => r.Group.Length > 0).GroupBy(static r => r.Group);

    private static JsonNode Group(IGrouping<string, ApiResource> group)
    {
        var versions = group.Select(static r => r.Version).Distinct()
            .Select(v => (JsonNode)new JsonObject { ["groupVersion"] = $"{group.Key}/{v}", ["version"] = v })
            .ToArray();
        return new JsonObject
        {
            ["kind"] = "APIGroup",
            ["apiVersion"] = "v1",
            ["name"] = group.Key,
            ["versions"] = new JsonArray(versions),
            ["preferredVersion"] = versions[0].DeepClone(),
        };
    }

    private static JsonObject ResourceList(ApiResource[] resources) => new()
    {
        ["kind"] = "APIResourceList",
        ["apiVersion"] = "v1",
        ["groupVersion"] = resources[0].ApiVersion,
        ["resources"] = new JsonArray([.. resources.SelectMany(static r => r.Subresources.Prepend("").Select(s => (JsonNode)new JsonObject
        {
            ["name"] = s.Length == 0 ? r.Plural : $"{r.Plural}/{s}",
            ["singularName"] = s.Length == 0 ? r.Kind.ToLowerInvariant() : "",
            ["namespaced"] = r.IsNamespaced,
            ["kind"] = r.Kind,
            ["verbs"] = Texts(s.Length == 0 ? r.Verbs : ["get", "patch", "update"]),
            ["shortNames"] = Texts(r.ShortNames),
        }))]),
    };

    private static JsonObject GroupDiscovery(IEnumerable<ApiResource> resources) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray([.. resources.GroupBy(static r => r.Group).Select(static g => (JsonNode)new JsonObject
        {
            ["metadata"] = g.Key.Length == 0 ? new JsonObject() : new JsonObject { ["name"] = g.Key },
            ["versions"] = new JsonArray([.. g.GroupBy(static r => r.Version).Select(static v => (JsonNode)new JsonObject
            {
                ["version"] = v.Key,
                ["freshness"] = "Current",
                ["resources"] = new JsonArray([.. v.Select(Discovered)]),
            })]),
        })]),
    };

    private static JsonNode Discovered(ApiResource resource) => new JsonObject
    {
        ["resource"] = resource.Plural,
        ["responseKind"] = KindOf(resource),
        ["scope"] = resource.IsNamespaced ? "Namespaced" : "Cluster",
        ["singularResource"] = resource.Kind.ToLowerInvariant(),
        ["verbs"] = Texts(resource.Verbs),
        ["shortNames"] = Texts(resource.ShortNames),
        ["subresources"] = new JsonArray([.. resource.Subresources.Select(s => (JsonNode)new JsonObject
        {
            ["subresource"] = s,
            ["responseKind"] = KindOf(resource),
            ["verbs"] = Texts(["get", "patch", "update"]),
        })]),
    };

    private static JsonObject KindOf(ApiResource resource) => new() { ["group"] = resource.Group, ["version"] = resource.Version, ["kind"] = resource.Kind };

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(static t => (JsonNode)t)];

    private static JsonObject OpenApiIndex(IEnumerable<ApiResource> resources) => new()
    {
        ["paths"] = new JsonObject(resources.Select(static r => r.Root).Distinct().Select(static root =>
            KeyValuePair.Create<string, JsonNode?>(root[1..], new JsonObject { ["serverRelativeURL"] = $"/openapi/v3{root}?hash=0" }))),
    };

    /// <summary>kubectl asks one thing of it: whether the server checks fields itself.</summary>
    private static JsonObject OpenApi(ApiResource[] resources) => new()
    {
        ["openapi"] = "3.0.0",
        ["info"] = new JsonObject { ["title"] = "fake", ["version"] = "v1" },
        ["paths"] = new JsonObject(resources.Select(static r => KeyValuePair.Create<string, JsonNode?>(
            $"{r.Root}/{(r.IsNamespaced ? "namespaces/{namespace}/" : "")}{r.Plural}/{{name}}",
            new JsonObject
            {
                ["patch"] = new JsonObject
                {
                    ["parameters"] = new JsonArray(new JsonObject { ["name"] = "fieldValidation", ["in"] = "query" }),
                    ["x-kubernetes-group-version-kind"] = KindOf(r),
                    ["responses"] = new JsonObject(),
                },
            }))),
        ["components"] = new JsonObject
        {
            ["schemas"] = new JsonObject(resources.Select(static r => KeyValuePair.Create<string, JsonNode?>(
                $"fake.{r.Kind}",
                new JsonObject { ["type"] = "object", ["x-kubernetes-group-version-kind"] = new JsonArray(KindOf(r)) }))),
        },
    };
}
