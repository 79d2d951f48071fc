using System.Text.Json.Nodes;
using ClusterProxy.Hosting;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// By what clients learn which resources there are. Served before anything is known of any cluster: an API group whose discovery fails
/// stops the deletion of namespaces in the whole hub.
/// </summary>
internal sealed class DiscoveryDocuments
{
    private static readonly string[] CollectionVerbs = ["get", "list", "watch"];

    private readonly ApiGroup _group;
    private readonly FixedDocument _aggregated;
    private readonly FixedDocument _groups;
    private readonly FixedDocument _groupDocument;
    private readonly FixedDocument _resources;
    private readonly FixedDocument _core = new(new JsonObject { ["kind"] = "APIVersions", ["versions"] = new JsonArray() });
    private readonly FixedDocument _coreAggregated = new(GroupDiscoveryList(), AcceptHeader.DiscoveryV2);
    private readonly FixedDocument _version = new(new JsonObject
    {
        // kubectl wants to compare with its own version, and reads no further than these.
        ["major"] = "1",
        ["minor"] = "32",
        ["gitVersion"] = $"v1.32.0+clusterproxy-{ProductVersion.Of(typeof(DiscoveryDocuments).Assembly)}",
        ["platform"] = "linux/amd64",
    });

    public DiscoveryDocuments(ApiGroup group, IReadOnlyList<ServedKind> kinds)
    {
        _group = group;
        _groups = new FixedDocument(new JsonObject { ["kind"] = "APIGroupList", ["apiVersion"] = "v1", ["groups"] = new JsonArray(Group(group)) });
        var single = Group(group);
        single["kind"] = "APIGroup";
        single["apiVersion"] = "v1";
        _groupDocument = new FixedDocument(single);
        _resources = new FixedDocument(new JsonObject
        {
            ["kind"] = "APIResourceList",
            ["apiVersion"] = "v1",
            ["groupVersion"] = group.GroupVersion,
            ["resources"] = new JsonArray([.. kinds.SelectMany(static k => k.Subresources.Select(s => Resource(k, s)).Prepend(Resource(k, null)))]),
        });
        _aggregated = new FixedDocument(
            GroupDiscoveryList(new JsonObject
            {
                ["metadata"] = new JsonObject { ["name"] = group.Name, ["creationTimestamp"] = null },
                ["versions"] = new JsonArray(new JsonObject
                {
                    ["version"] = group.Version,
                    ["freshness"] = "Current",
                    ["resources"] = new JsonArray([.. kinds.Select(k => Discovered(k))]),
                }),
            }),
            AcceptHeader.DiscoveryV2);
        Paths = new FixedDocument(new JsonObject
        {
            ["paths"] = Texts(
            [
                "/api", "/apis", "/apis/", $"/apis/{group.Name}", group.Root, "/healthz", "/livez", "/metrics", "/openapi/v3",
                $"/openapi/v3{group.Root}", "/readyz", "/version",
            ]),
        });
    }

    /// <summary>What <c>/</c> lists; unlike the rest not for everybody.</summary>
    public FixedDocument Paths { get; }

    /// <returns>Null when the path is none of discovery's.</returns>
    /// <exception cref="ApiProblemException">Nothing that the client accepts can be served.</exception>
    public FixedDocument? Find(string path, string accept)
    {
        var trimmed = path.Length > 1 ? path.TrimEnd('/') : path;
        return trimmed switch
        {
            "/apis" => Wanted(accept) ? _aggregated : _groups,
            "/api" => Wanted(accept) ? _coreAggregated : _core,
            "/version" => _version,
            _ when trimmed == $"/apis/{_group.Name}" => _groupDocument,
            _ when trimmed == _group.Root => _resources,
            _ => null,
        };
    }

    private static bool Wanted(string accept) => AcceptHeader.WantsAggregatedDiscovery(accept) ?? throw ApiProblemException.NotAcceptable();

    private static JsonObject Group(ApiGroup group)
    {
        var version = new JsonObject { ["groupVersion"] = group.GroupVersion, ["version"] = group.Version };
        return new JsonObject { ["name"] = group.Name, ["versions"] = new JsonArray(version), ["preferredVersion"] = version.DeepClone() };
    }

    private static JsonObject Resource(ServedKind kind, ServedSubresource? sub)
    {
        var resource = new JsonObject
        {
            ["name"] = sub is null ? kind.Plural : $"{kind.Plural}/{sub.Name}",
            ["singularName"] = sub is null ? kind.Singular : "",
            ["namespaced"] = false,
            ["kind"] = sub?.Kind ?? kind.Kind,
            ["verbs"] = Texts(sub?.Verbs ?? CollectionVerbs),
        };
        if (sub is null && kind.ShortNames.Count > 0)
        {
            resource["shortNames"] = Texts(kind.ShortNames);
        }

        return resource;
    }

    private JsonObject Discovered(ServedKind kind)
    {
        var resource = new JsonObject
        {
            ["resource"] = kind.Plural,
            ["responseKind"] = KindOf(kind.Kind),
            ["scope"] = "Cluster",
            ["singularResource"] = kind.Singular,
            ["verbs"] = Texts(CollectionVerbs),
        };
        if (kind.ShortNames.Count > 0)
        {
            resource["shortNames"] = Texts(kind.ShortNames);
        }

        if (kind.Subresources.Count > 0)
        {
            resource["subresources"] = new JsonArray([.. kind.Subresources.Select(s => (JsonNode)new JsonObject
            {
                ["subresource"] = s.Name,
                ["responseKind"] = KindOf(s.Kind),
                ["verbs"] = Texts(s.Verbs),
            })]);
        }

        return resource;
    }

    private JsonObject KindOf(string kind) => new() { ["group"] = _group.Name, ["version"] = _group.Version, ["kind"] = kind };

    private static JsonObject GroupDiscoveryList(params JsonNode[] items) => new()
    {
        ["kind"] = "APIGroupDiscoveryList",
        ["apiVersion"] = "apidiscovery.k8s.io/v2",
        ["metadata"] = new JsonObject(),
        ["items"] = new JsonArray(items),
    };

    private static JsonArray Texts(IEnumerable<string> texts) => [.. texts.Select(static t => (JsonNode)t)];
}
