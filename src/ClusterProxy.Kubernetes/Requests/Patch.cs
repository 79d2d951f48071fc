using System.Text;
using System.Text.Json.Nodes;

namespace ClusterProxy.Kubernetes.Requests;

/// <summary>A change to an object that was not read first.</summary>
public sealed class Patch
{
    private Patch(string contentType, JsonNode content, bool isIdempotent)
    {
        ContentType = contentType;
        Content = Encoding.UTF8.GetBytes(content.ToJsonString());
        IsIdempotent = isIdempotent;
    }

    internal string ContentType { get; }

    internal ReadOnlyMemory<byte> Content { get; }

    internal bool IsIdempotent { get; }

    /// <summary>RFC 7386: objects are merged, null removes, everything else replaces.</summary>
    public static Patch Merge(JsonObject change) => new("application/merge-patch+json", change, isIdempotent: true);

    /// <summary>RFC 6902: a list of operations, of which "test" makes it conditional. Never sent twice: "add" to a list adds twice.</summary>
    public static Patch Json(JsonArray operations) => new("application/json-patch+json", operations, isIdempotent: false);
}
