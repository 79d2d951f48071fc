using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>What is kept of a cluster that nobody asks for any more.</summary>
public sealed class IdleTransportTests : IAsyncLifetime
{
    private const string Root = GatewayFixture.Root + "/clustergateways";

    private readonly ManualTime _time = new();
    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync()
    {
        _managed = await FakeKubernetesApi.StartAsync();
        _gateway = await GatewayFixture.StartAsync(time: _time);
        _gateway.PutManaged("idle", _managed);
        _gateway.PutManaged("watched", _managed);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task ClusterThatNobodyUses_LosesItsConnections_AndOneWithAWatchDoesNot()
    {
        var client = _gateway.Bearer("alice");
        await client.JsonAsync($"{Root}/idle/proxy/api/v1/namespaces");
        using var watch = await client.AskAsync($"{Root}/watched/proxy/api/v1/configmaps?watch=true&resourceVersion=0");
        await _managed.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();
        Assert.Equal(2, await TransportsAsync());
        var open = _managed.Connections;

        _time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(2, await TransportsAsync());
        _time.Advance(TimeSpan.FromMinutes(2));

        await Eventually.ObserveAsync(async () => await TransportsAsync() == 1 && _managed.Connections == open - 1);
        using var events = new StreamReader(await watch.Content.ReadAsStreamAsync());
        _managed.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"later","namespace":"d"}}""");
        Assert.Contains("later", await events.ReadLineAsync().DefaultTimeout(), StringComparison.Ordinal);
        await client.JsonAsync($"{Root}/idle/proxy/api/v1/namespaces");
        Assert.Equal(2, await TransportsAsync());
    }

    private async Task<int> TransportsAsync()
    {
        using var client = new HttpClient();
        var text = await client.GetStringAsync(new Uri($"http://127.0.0.1:{_gateway.Host.HealthPort}/metrics")).DefaultTimeout();
        return (int)PrometheusTextParser.Parse(text)["clusterproxy_gateway_cluster_transports"].Value();
    }
}
