using System.Net;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Aggregation;

public sealed class DiscoveryTests : IAsyncLifetime
{
    private const string Aggregated = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync() => _gateway = await GatewayFixture.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Fact]
    public async Task EveryDocument_IsThere_ForEverybodyWhoIsKnown_WithoutAnyRight()
    {
        _gateway.Hub.AccessRule = static _ => false;
        var client = _gateway.FrontProxy("system:aggregator");

        Assert.Equal("APIGroupList", (string?)(await client.JsonAsync("/apis"))["kind"]);
        Assert.Equal("APIGroup", (string?)(await client.JsonAsync("/apis/cluster.core.oam.dev"))["kind"]);
        Assert.Equal("APIVersions", (string?)(await client.JsonAsync("/api"))["kind"]);
        var resources = await client.JsonAsync(GatewayFixture.Root);
        Assert.Equal(
            ["clustergateways", "clustergateways/health", "clustergateways/proxy", "virtualclusters"],
            resources["resources"]!.AsArray().Select(static r => (string)r!["name"]!));
        Assert.Equal("ClusterGatewayProxyOptions", (string?)resources["resources"]![2]!["kind"]);
        Assert.Equal("1", (string?)(await client.JsonAsync("/version"))["major"]);
        var index = await client.JsonAsync("/openapi/v3");
        var document = await client.JsonAsync((string)index["paths"]!["apis/cluster.core.oam.dev/v1alpha1"]!["serverRelativeURL"]!);
        Assert.NotNull(document["components"]!["schemas"]!["dev.oam.core.cluster.v1alpha1.ClusterGateway"]);
        Assert.Equal(document.ToJsonString(), (await client.JsonAsync($"/openapi/v3{GatewayFixture.Root}?hash=OLD")).ToJsonString());
        Assert.Equal(404, (await client.AskAsync("/openapi/v2").StatusAsync()).Code);
        Assert.Equal(404, (await client.AskAsync("/nothing").StatusAsync()).Code);
        Assert.Equal(403, (await _gateway.Client().AskAsync("/apis").StatusAsync()).Code);
    }

    [Theory]
    [InlineData(Aggregated, Aggregated)]
    [InlineData("application/json;as=APIGroupDiscoveryList;v=v2;g=apidiscovery.k8s.io,application/json", Aggregated)]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList;profile=nopeer", Aggregated)]
    [InlineData("application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json", "application/json")]
    [InlineData("application/json", "application/json")]
    [InlineData("application/vnd.kubernetes.protobuf,*/*", "application/json")]
    public async Task Apis_ComeInTheFormThatIsAsked_AndNotTwice(string accept, string contentType)
    {
        var client = _gateway.FrontProxy();
        using var first = await client.AskAsync("/apis", accept);
        using var second = await client.AskAsync("/apis", accept, ("If-None-Match", first.Headers.ETag!.Tag));

        Assert.Equal(contentType, first.Content.Headers.NonValidated["Content-Type"].ToString());
        Assert.Contains("Accept", first.Headers.Vary);
        Assert.True(first.Headers.CacheControl!.Public);
        Assert.Equal(HttpStatusCode.NotModified, second.StatusCode);
    }

    [Fact]
    public async Task AggregatedDiscovery_NamesEveryKind()
    {
        var group = (await _gateway.FrontProxy().JsonAsync("/apis", Aggregated))["items"]![0]!;
        var resources = group["versions"]![0]!["resources"]!.AsArray();

        Assert.Equal("cluster.core.oam.dev", (string?)group["metadata"]!["name"]);
        Assert.Equal(["get", "list", "watch"], resources[0]!["verbs"]!.AsArray().Select(static v => (string)v!));
        Assert.All(
            resources.SelectMany(static r => (r!["subresources"]?.AsArray() ?? []).Append(r)),
            static r => Assert.NotNull((string?)r!["responseKind"]!["kind"]));
    }

    [Fact]
    public async Task Unacceptable_Is406() => Assert.Equal(406, (await _gateway.FrontProxy().AskAsync("/apis", "application/yaml").StatusAsync()).Code);

    [Theory]
    [InlineData("application/com.github.proto-openapi.spec.v3@v1.0+protobuf", 406)]
    [InlineData("application/com.github.proto-openapi.spec.v3@v1.0+protobuf, application/json", 200)]
    [InlineData("*/*", 200)]
    public async Task OpenApi_IsJson(string accept, int code)
    {
        using var answer = await _gateway.FrontProxy().AskAsync($"/openapi/v3{GatewayFixture.Root}", accept);

        Assert.Equal(code, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Root_ListsThePaths_ForThoseWhoMayReadIt()
    {
        var client = _gateway.FrontProxy();
        _gateway.Hub.AccessRule = static spec => (string?)spec["nonResourceAttributes"]?["path"] == "/";

        var paths = (await client.JsonAsync("/"))["paths"]!.AsArray().Select(static p => (string)p!).ToList();

        // The list is true, and sorted.
        Assert.Equal(paths.Order(StringComparer.Ordinal), paths);
        foreach (var path in paths.Where(static p => p != "/metrics"))
        {
            using var answer = await client.AskAsync(path);
            Assert.True(answer.IsSuccessStatusCode, path);
        }

        _gateway.Hub.AccessRule = static _ => false;
        Assert.Equal(403, (await client.AskAsync("/").StatusAsync()).Code);
    }

    [Fact]
    public async Task Health_IsForEverybody()
    {
        var client = _gateway.Client();

        Assert.Equal("ok", await client.GetStringAsync("/livez").DefaultTimeout());
        Assert.Equal("ok", await client.GetStringAsync("/readyz/clusters").DefaultTimeout());
        Assert.Contains("[+]authentication ok\n", await client.GetStringAsync("/readyz?verbose").DefaultTimeout(), StringComparison.Ordinal);
        Assert.Contains("clusters excluded", await client.GetStringAsync("/healthz?verbose&exclude=clusters").DefaultTimeout(), StringComparison.Ordinal);
        using var unknown = await client.AskAsync("/readyz/unknown");
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
    }

    [Fact]
    public async Task Metrics_TellWhatCredentialsCameTo()
    {
        using var refused = await _gateway.Client().AskAsync("/version", headers: ("Authorization", "Bearer nobody's"));
        var page = await _gateway.FrontProxy().GetStringAsync("/metrics").DefaultTimeout();

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Contains("clusterproxy_gateway_authentications_total{result=\"rejected\"} 1\n", page, StringComparison.Ordinal);
        Assert.Contains("clusterproxy_gateway_authentications_total{result=\"accepted\"} 1\n", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_NeedARight()
    {
        var client = _gateway.FrontProxy();
        Assert.Contains("clusterproxy_gateway_clusters", await client.GetStringAsync("/metrics").DefaultTimeout(), StringComparison.Ordinal);
        _gateway.Hub.AccessRule = static _ => false;

        var (code, _, message) = await client.AskAsync("/metrics").StatusAsync();

        Assert.Equal(403, code);
        Assert.StartsWith("forbidden: User \"alice\" cannot get path \"/metrics\"", message, StringComparison.Ordinal);
    }
}
