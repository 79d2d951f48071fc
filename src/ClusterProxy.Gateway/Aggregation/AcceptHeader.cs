using Microsoft.Net.Http.Headers;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>What a client accepts: JSON only, in Kubernetes' forms. The first clause that can be served counts.</summary>
internal static class AcceptHeader
{
    public const string DiscoveryV2 = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private const string Meta = "meta.k8s.io";

    /// <returns>Null when nothing that is accepted can be served: 406.</returns>
    public static ObjectForm? FormOf(string accept) => Find(accept, static clause => Parameter(clause, "as") switch
    {
        "" => ObjectForm.Full,
        "Table" when IsMetaV1(clause) => ObjectForm.Table,
        "PartialObjectMetadata" or "PartialObjectMetadataList" when IsMetaV1(clause) => ObjectForm.Partial,
        _ => (ObjectForm?)null,
    });

    /// <returns>Whether aggregated discovery is wanted; null when neither it nor plain JSON is accepted.</returns>
    public static bool? WantsAggregatedDiscovery(string accept) => Find(accept, static clause => Parameter(clause, "as") switch
    {
        "" => false,
        "APIGroupDiscoveryList" when Parameter(clause, "g") == "apidiscovery.k8s.io" && Parameter(clause, "v") == "v2" => true,
        _ => (bool?)null,
    });

    private static T? Find<T>(string accept, Func<MediaTypeHeaderValue, T?> match)
        where T : struct
    {
        if (string.IsNullOrWhiteSpace(accept))
        {
            return match(new MediaTypeHeaderValue("application/json"));
        }

        // Clauses that cannot be read are those of others.
        return MediaTypeHeaderValue.TryParseList([accept], out var clauses)
            ? clauses.Where(static c => c.MediaType.Value is "application/json" or "application/*" or "*/*").Select(match).FirstOrDefault(static f => f is not null)
            : null;
    }

    private static bool IsMetaV1(MediaTypeHeaderValue clause) => Parameter(clause, "g") == Meta && Parameter(clause, "v") == "v1";

    private static string Parameter(MediaTypeHeaderValue clause, string name) =>
        clause.Parameters.FirstOrDefault(p => p.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value.Value ?? "";
}
