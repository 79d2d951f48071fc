using System.Text.Json.Nodes;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Outside;

/// <summary>@kubernetes/client-node's watch and informer of clustergateways, at the gateway itself and through a hub that aggregates it.</summary>
public sealed class NodeClientTests : IAsyncLifetime
{
    private const string Group = "cluster.core.oam.dev";
    private const string Version = "v1alpha1";
    private const string Plural = "clustergateways";

    private readonly TemporaryDirectory _home = new();
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _home.Dispose();
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Informer_HoldsTheClustersThatAreThere(bool isAggregated)
    {
        await using var node = await StartAsync(isAggregated);
        _gateway.Put("before");
        _gateway.Put("going");

        await node.InformAsync(Group, Version, Plural);
        _gateway.Put("changing");
        await SeenAsync(node, "added", "changing");
        _gateway.Put("changing", static c => c with { Endpoint = c.Endpoint with { Kind = EndpointKind.ClusterProxy } });
        _gateway.Remove("going");
        await SeenAsync(node, "deleted", "going");
        _gateway.Put("last");
        await SeenAsync(node, "added", "last");

        var mirror = node.Mirror();
        Assert.Equal(["before", "changing", "last"], mirror.Keys);
        Assert.Equal("ClusterProxy", (string?)JsonNode.Parse(mirror["changing"])!["access"]!["endpoint"]!["type"]);
        Assert.All(mirror.Values, static spec => Assert.DoesNotContain("very-secret", spec, StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Watch_TellsEveryChangeInOrder(bool isAggregated)
    {
        await using var node = await StartAsync(isAggregated);
        _gateway.Put("one");

        await node.WatchAsync($"/apis/{Group}/{Version}/{Plural}");
        Assert.Equal("ADDED", (string?)(await SeenAsync(node, "seen", "one"))["phase"]);
        _gateway.Put("two");
        var added = await SeenAsync(node, "seen", "two");
        _gateway.Remove("one");
        var removed = await node.ExpectAsync(static e => (string?)e["phase"] == "DELETED");

        Assert.Equal(("ADDED", "ClusterGateway"), ((string?)added["phase"], (string?)added["object"]!["kind"]));
        Assert.Equal("one", (string?)removed["name"]);
        Assert.True(VersionOf(added) < VersionOf(removed));
    }

    private static ulong VersionOf(JsonNode seen) => ulong.Parse((string)seen["object"]!["metadata"]!["resourceVersion"]!, null);

    private static Task<JsonNode> SeenAsync(NodeClient node, string what, string name) =>
        node.ExpectAsync(e => (string?)e["event"] == what && (string?)e["name"] == name);

    private async Task<NodeClient> StartAsync(bool isAggregated)
    {
        Skip.If(NodeClient.Missing is not null, NodeClient.Missing);
        if (isAggregated)
        {
            _gateway.Hub.Aggregated = new AggregatedApi(
                Group, _gateway.Url, _gateway.FrontProxies.Client("kube-aggregator").Certificate, _gateway.Serving.Authority.Certificate);
            await File.WriteAllTextAsync(_home.File("config"), _gateway.Hub.KubeConfigText());
        }
        else
        {
            _gateway.Hub.Tokens["token-of-alice"] = new ApiUser("alice");
            await File.WriteAllTextAsync(_home.File("config"), $"""
                apiVersion: v1
                kind: Config
                current-context: gateway
                clusters:
                - name: gateway
                  cluster: {"{"} server: "{_gateway.Url}", certificate-authority: "{_gateway.Serving.AuthorityFile}" {"}"}
                users:
                - name: alice
                  user: {"{"} token: token-of-alice {"}"}
                contexts:
                - name: gateway
                  context: {"{"} cluster: gateway, user: alice {"}"}
                """);
        }

        return await NodeClient.StartAsync(_home.File("config"));
    }
}
