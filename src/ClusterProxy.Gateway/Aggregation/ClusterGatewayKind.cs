using System.Text;
using System.Text.Json;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// clustergateways: how a cluster is reached, without what opens it. Field names are those of the Go gateway, so that its clients read
/// them; the credential's secrets are never written, its end and fingerprint are.
/// </summary>
internal sealed class ClusterGatewayKind : ServedKind
{
    public override string Kind => "ClusterGateway";

    public override string Plural => "clustergateways";

    public override string Singular => "clustergateway";

    public override IReadOnlyList<string> ShortNames => [];

    public override IReadOnlyList<ServedColumn> Columns { get; } =
    [
        new("Name", "string", "name", "the name of the cluster"),
        new("Provider", "string", "", "the cluster provider type"),
        new("Credential-Type", "string", "", "the credential type"),
        new("Endpoint-Type", "string", "", "the endpoint type"),
        new("Healthy", "string", "", "whether the cluster was reachable when it was probed last"),
    ];

    public override IReadOnlyList<ServedSubresource> Subresources { get; } =
    [
        new("health", "ClusterGateway", ["get", "update"]),
        new("proxy", "ClusterGatewayProxyOptions", ["create", "delete", "get", "patch", "update"]),
    ];

    public override bool Shows(Cluster cluster) => cluster.IsGateway;

    public override ServedObject Project(Cluster cluster) => new(cluster.Name)
    {
        Uid = cluster.Uid,
        Version = cluster.Version,
        CreatedAt = cluster.CreatedAt ?? default,
        Labels = cluster.Labels,
        Cells =
        [
            cluster.Name, "", $"{cluster.Credential.Type}", $"{cluster.Endpoint.Kind}", cluster.Health?.Healthy == true ? "true" : "false",
        ],
        WriteBody = json => WriteBody(json, cluster),
    };

    public override int Compare(ListPosition one, ListPosition other) => string.CompareOrdinal(one.Name, other.Name);

    private static void WriteBody(Utf8JsonWriter json, Cluster cluster)
    {
        json.WriteStartObject("spec"u8);
        json.WriteString("provider"u8, "");
        json.WriteStartObject("access"u8);
        WriteEndpoint(json, cluster.Endpoint);
        WriteCredential(json, cluster.Credential);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteStartObject("status"u8);
        json.WriteBoolean("healthy"u8, cluster.Health?.Healthy == true);
        if (cluster.Health?.Reason is { Length: > 0 } reason)
        {
            json.WriteString("healthyReason"u8, reason);
        }

        json.WriteEndObject();
    }

    private static void WriteEndpoint(Utf8JsonWriter json, ClusterEndpoint endpoint)
    {
        json.WriteStartObject("endpoint"u8);
        json.WriteString("type"u8, $"{endpoint.Kind}");
        if (endpoint.Kind == EndpointKind.Const)
        {
            json.WriteStartObject("const"u8);
            json.WriteString("address"u8, endpoint.Address.OriginalString);
            if (Pem(endpoint.CaBundle) is { } bundle)
            {
                json.WriteBase64String("caBundle"u8, bundle);
            }

            if (endpoint.Insecure)
            {
                json.WriteBoolean("insecure"u8, true);
            }

            if (endpoint.ProxyUrl is { } proxy)
            {
                // Without what may stand before the host: it opens the proxy.
                json.WriteString("proxy-url"u8, proxy.GetComponents(UriComponents.SchemeAndServer, UriFormat.UriEscaped));
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
    }

    /// <summary>Null also when its file cannot be read now, which the request that needs it will say.</summary>
    private static byte[]? Pem(PemSource? source)
    {
        try
        {
            return source is null ? null : Encoding.UTF8.GetBytes(source.Read());
        }
        catch (KubeConfigException)
        {
            return null;
        }
    }

    private static void WriteCredential(Utf8JsonWriter json, ClusterCredential credential)
    {
        json.WriteStartObject("credential"u8);
        json.WriteString("type"u8, $"{credential.Type}");
        if (credential.Expiry is { } end)
        {
            json.WriteString("expirationTimestamp"u8, ObjectJson.Time(end));
        }

        if (credential.Fingerprint is { Length: > 0 } fingerprint)
        {
            json.WriteString("fingerprint"u8, fingerprint);
        }

        json.WriteEndObject();
    }
}
