using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace ClusterProxy.Testing.KubernetesApi;

/// <summary>A request for a resource, taken apart.</summary>
internal sealed class ApiCall(HttpContext context, RecordedRequest request, ApiResource resource, string inNamespace, string? name, string? subresource)
{
    public HttpContext Context { get; } = context;

    public RecordedRequest Request { get; } = request;

    public ApiResource Resource { get; } = resource;

    /// <summary>Empty for all namespaces, and for kinds without.</summary>
    public string Namespace { get; } = inNamespace;

    /// <summary>Null for the collection.</summary>
    public string? Name { get; } = name;

    public string? Subresource { get; } = subresource;

    public ObjectKey Key => new(Namespace, Name!);

    public string FieldManager => Query("fieldManager") ?? (Request.Headers.GetValueOrDefault("User-Agent", "unknown").Split('/')[0]);

    public string? Query(string name) => Context.Request.Query[name] is [{ Length: > 0 } value, ..] ? value : null;

    public bool Flag(string name) => Query(name) is "true" or "1";

    public JsonObject Body() => BodyNode() as JsonObject ?? throw ApiErrorException.Bad("the body is no JSON object");

    public JsonNode? BodyNode()
    {
        // Protobuf, which kubectl uses for the little it builds itself, is not spoken here.
        if (Context.Request.ContentType is { } type && !type.Contains("json", StringComparison.Ordinal) && !type.Contains("yaml", StringComparison.Ordinal))
        {
            throw ApiErrorException.UnsupportedMediaType(type);
        }

        try
        {
            return JsonNode.Parse(Request.Body);
        }
        catch (JsonException e)
        {
            throw ApiErrorException.Bad($"the body is no JSON: {e.Message}");
        }
    }

    public static ApiCall? Parse(HttpContext context, RecordedRequest request, IEnumerable<ApiResource> resources)
    {
        var parts = request.Path.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString).ToArray();
        var (group, version, rest) = parts switch
        {
            ["api", var v, .. var r] => ("", v, r),
            ["apis", var g, var v, .. var r] => (g, v, r),
            _ => ("", "", []),
        };
        var (inNamespace, plural, name, subresource) = rest switch
        {
            // A namespace is an object of its own as well as a folder.
            ["namespaces", var n] => ("", "namespaces", n, null),
            ["namespaces", var n, "status" or "finalize"] => ("", "namespaces", n, rest[2]),
            ["namespaces", var n, var p] => (n, p, null, null),
            ["namespaces", var n, var p, var o] => (n, p, o, null),
            ["namespaces", var n, var p, var o, var s] => (n, p, o, s),
            [var p] => ("", p, null, null),
            [var p, var o] => ("", p, o, null),
            [var p, var o, var s] => ("", p, o, s),
            _ => ("", "", (string?)null, (string?)null),
        };
        var resource = resources.FirstOrDefault(r => r.Group == group && r.Version == version && r.Plural == plural);
        return resource is null || (name is not null && resource.IsNamespaced != inNamespace.Length > 0)
            ? null
            : new ApiCall(context, request, resource, inNamespace, name, subresource);
    }
}
