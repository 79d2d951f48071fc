using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>The fields of the kinds, with what people want to know of them.</summary>
internal static class OpenApiSchemas
{
    public static JsonObject KindOf(ApiGroup group, string kind) => new()
    {
        ["group"] = group.Name,
        ["version"] = group.Version,
        ["kind"] = kind,
    };

    public static JsonObject Object(ApiGroup group, string kind)
    {
        var fields = kind == "ClusterGateway" ? Gateway() : Virtual();
        fields["apiVersion"] = Text("Version of this representation.");
        fields["kind"] = Text("Name of this kind.");
        fields["metadata"] = Fields("Standard object metadata.", []);
        return Top(group, kind, kind == "ClusterGateway" ? "A cluster that can be reached through this server." : "What people call a cluster.", fields);
    }

    public static JsonObject List(ApiGroup group, string kind, string schema) => Top(group, kind + "List", $"A list of {kind} objects.", new JsonObject
    {
        ["apiVersion"] = Text("Version of this representation."),
        ["kind"] = Text("Name of this kind."),
        ["metadata"] = Fields("Standard list metadata.", []),
        ["items"] = new JsonObject
        {
            ["type"] = "array",
            ["items"] = new JsonObject { ["$ref"] = $"#/components/schemas/{schema}" },
        },
    });

    private static JsonObject Gateway() => new()
    {
        ["spec"] = Fields("How the cluster is reached.", new JsonObject
        {
            ["provider"] = Text("Always empty; kept for clients of older servers."),
            ["access"] = Fields("Address and kind of credential.", new JsonObject
            {
                ["endpoint"] = Fields("Where the cluster's API server is.", new JsonObject
                {
                    ["type"] = Text("Const for an address, ClusterProxy for the tunnel of an agent."),
                    ["const"] = Fields("The address, for type Const.", new JsonObject
                    {
                        ["address"] = Text("URL of the API server."),
                        ["caBundle"] = Text("Its authorities, PEM in base64.", "byte"),
                        ["insecure"] = new JsonObject { ["type"] = "boolean", ["description"] = "Whether its certificate is not checked." },
                        ["proxy-url"] = Text("The forward proxy on the way."),
                    }),
                }),
                ["credential"] = Fields("By what the server proves itself to the cluster; never the secret itself.", new JsonObject
                {
                    ["type"] = Text("ServiceAccountToken, X509Certificate or Dynamic."),
                    ["expirationTimestamp"] = Text("When it ends, where that is known.", "date-time"),
                    ["fingerprint"] = Text("Changes when the credential does."),
                }),
            }),
        }),
        ["status"] = Fields("What is known of the cluster.", new JsonObject
        {
            ["healthy"] = new JsonObject { ["type"] = "boolean", ["description"] = "Whether it answered when it was probed last." },
            ["healthyReason"] = Text("Why it is not healthy."),
        }),
    };

    private static JsonObject Virtual() => new()
    {
        ["spec"] = Fields("What the cluster is called and how it is reached.", new JsonObject
        {
            ["alias"] = Text("Another name, for people."),
            ["accepted"] = new JsonObject { ["type"] = "boolean", ["description"] = "Whether the hub accepts the cluster." },
            ["endpoint"] = Text("Const, ClusterProxy, or an address."),
            ["credential-type"] = Text("X509Certificate, ServiceAccountToken, Dynamic, ManagedCluster, or Internal for the hub itself."),
        }),
    };

    private static JsonObject Top(ApiGroup group, string kind, string description, JsonObject fields)
    {
        var top = Fields(description, fields);
        top["x-kubernetes-group-version-kind"] = new JsonArray(KindOf(group, kind));
        return top;
    }

    private static JsonObject Fields(string description, JsonObject fields) =>
        new() { ["type"] = "object", ["description"] = description, ["properties"] = fields };

    private static JsonObject Text(string description, string? format = null)
    {
        var text = new JsonObject { ["type"] = "string", ["description"] = description };
        if (format is not null)
        {
            text["format"] = format;
        }

        return text;
    }
}
