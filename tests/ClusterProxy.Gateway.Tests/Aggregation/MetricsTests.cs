using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Aggregation;

/// <summary>What is counted of clusters and of requests to them.</summary>
public sealed class MetricsTests : IAsyncLifetime
{
    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync() => _managed = await FakeKubernetesApi.StartAsync();

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task SecretThatCannotBeUsed_IsCounted_UntilItIsMended_AndTheListGoesOn()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Put("alpha");

        PutSecret("nowhere");
        await WaitForAsync("clusterproxy_gateway_cluster_problems 1");
        var list = await _gateway.FrontProxy().JsonAsync($"{GatewayFixture.Root}/clustergateways");

        Assert.Equal("alpha", (string?)Assert.Single(list["items"]!.AsArray())!["metadata"]!["name"]);
        PutSecret("https://broken.example:6443");
        await WaitForAsync("clusterproxy_gateway_cluster_problems 0");
        await WaitForAsync("clusterproxy_gateway_cluster_descriptions_refused_total 1");
        await WaitForAsync("clusterproxy_gateway_insecure_clusters 1");
    }

    [Theory]
    [InlineData(false, "")]
    [InlineData(true, "one")]
    public async Task ForwardedRequests_AreCountedAsTheGoGatewayDoes_InBoundedLabels(bool perCluster, string label)
    {
        _gateway = await GatewayFixture.StartAsync(o => o with { MetricsPerCluster = perCluster });
        _gateway.PutManaged("one", _managed);
        var client = _gateway.FrontProxy();
        foreach (var path in (string[])["/api/v1/namespaces/default/configmaps", "/api/v1/made-up-by-the-caller", "/version"])
        {
            using var answer = await client.AskAsync($"{GatewayFixture.Root}/clustergateways/one/proxy{path}");
            await answer.Content.ReadAsByteArrayAsync().DefaultTimeout();
        }

        await WaitForAsync("ocm_proxy_proxied_resource_requests_by_resource_total{code=\"200\",resource=\"configmaps\",verb=\"list\"} 1");
        await WaitForAsync("ocm_proxy_proxied_resource_requests_by_resource_total{code=\"404\",resource=\"other\",verb=\"list\"} 1");
        await WaitForAsync("ocm_proxy_proxied_resource_requests_by_resource_total{code=\"200\",resource=\"\",verb=\"get\"} 1");
        await WaitForAsync($"ocm_proxy_proxied_requests_by_cluster_total{{cluster=\"{label}\",code=\"200\"}} 2");
        Assert.DoesNotContain("made-up", await PageAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResourceOfAClusterThatServesAnything_IsALabel_OnlyIfKubernetesCouldNameItSo()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.PutManaged("one", _managed);
        var client = _gateway.FrontProxy();
        var tooLong = new string('x', 64);
        _managed.Faults.Say(static r => r.Path.StartsWith("/api/v1/", StringComparison.Ordinal), 200, "application/json", "{}", times: 3);
        foreach (var resource in (string[])[tooLong, "Made_Up", "made-up"])
        {
            using var answer = await client.AskAsync($"{GatewayFixture.Root}/clustergateways/one/proxy/api/v1/{resource}");
            await answer.Content.ReadAsByteArrayAsync().DefaultTimeout();
        }

        await WaitForAsync("ocm_proxy_proxied_resource_requests_by_resource_total{code=\"200\",resource=\"other\",verb=\"list\"} 2");
        await WaitForAsync("ocm_proxy_proxied_resource_requests_by_resource_total{code=\"200\",resource=\"made-up\",verb=\"list\"} 1");
        Assert.DoesNotContain(tooLong, await PageAsync(), StringComparison.Ordinal);
    }

    private Task<string> PageAsync() => _gateway.FrontProxy().GetStringAsync("/metrics");

    private Task<string> WaitForAsync(string line) => Eventually.ObserveAsync(PageAsync, page => page.Contains($"\n{line}\n", StringComparison.Ordinal), line);

    private void PutSecret(string endpoint) => _gateway.Hub.Put($$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"broken","namespace":"default",
         "labels":{"cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken"},
         "annotations":{"cluster.core.oam.dev/cluster-trust":"insecure"} },
         "data":{"endpoint":"{{Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(endpoint))}}","token":"dA=="} }
        """);
}
