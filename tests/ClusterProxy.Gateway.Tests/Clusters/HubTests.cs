using System.Diagnostics.Metrics;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes;
using ClusterProxy.Testing.KubernetesApi;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class HubTests : IAsyncLifetime
{
    private readonly FailOnErrorLog _log = new();
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TestCertificates _certificates = new("cluster");
    private readonly ObservedList<ClusterChange> _changes = new();
    private FakeKubernetesApi _hub = null!;
    private KubernetesClient _client = null!;
    private ClusterCatalog _catalog = null!;

    public async Task InitializeAsync()
    {
        _hub = await FakeKubernetesApi.StartAsync().DefaultTimeout();
        _client = new KubernetesClient(_hub.Access());
        _catalog = new ClusterCatalog(
            1, new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>()), _log.CreateFactory().CreateLogger("test"));
        _catalog.Subscribe(_changes.Add);
    }

    public async Task DisposeAsync()
    {
        await _catalog.DisposeAsync();
        _client.Dispose();
        await _hub.DisposeAsync();
        await _meters.DisposeAsync();
        _certificates.Dispose();
        _log.Verify();
    }

    [Fact]
    public async Task Secrets_AreClusters_AndAMalformedOneIsAProblemOfItsOwn()
    {
        Put("alpha", "https://a:1");
        Put("broken", "nowhere");
        Put("elsewhere", "https://e:1", inNamespace: "other");
        Put("plain", "https://p:1", label: "something-else");
        Start(ocm: false);

        await _changes.WaitForAsync(static c => c.Latest.Name == "alpha").DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(_catalog.IsSynced && _catalog.Problems.Count == 1));
        Assert.Equal("alpha", Assert.Single(_catalog.Snapshot.All).Name);
        Assert.Contains("Secret fleet/broken", _catalog.Problems.Values.Single().Reason, StringComparison.Ordinal);

        Put("broken", "https://b:1");
        await _changes.WaitForAsync(static c => c.Latest.Name == "broken").DefaultTimeout();
        Assert.Empty(_catalog.Problems);
        Put("alpha", "nowhere");
        await _changes.WaitForAsync(static c => c.Latest.Name == "alpha" && c.After is null).DefaultTimeout();
        _hub.Delete("secrets", "fleet", "broken");
        await _changes.WaitForAsync(static c => c.Latest.Name == "broken" && c.After is null).DefaultTimeout();
    }

    [Fact]
    public async Task ManagedCluster_IsMergedOverItsSecret_AndListedWithoutOne()
    {
        Put("alpha", "https://private:1");
        PutManaged("alpha", "https://public:1");
        PutManaged("lonely", "https://lonely:1");
        Start(ocm: true);

        await _changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "public").DefaultTimeout();
        await _changes.WaitForAsync(static c => c.After is { Name: "lonely", IsGateway: false }).DefaultTimeout();
        _hub.Delete("managedclusters", null, "alpha");
        await _changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "private").DefaultTimeout();
        Put("lonely", "https://x:1");

        var changed = await _changes.WaitForAsync(static c => c.After is { Name: "lonely", IsGateway: true }).DefaultTimeout();
        Assert.Equal("lonely", changed.After!.Endpoint.Address.Host);
    }

    private void Start(bool ocm)
    {
        var options = new GatewayOptions { SecretNamespace = "fleet", OcmIntegration = ocm };
        _catalog.Add(new HubClusters(_client, new ClusterProjection(options), options));
    }

    private void Put(string name, string endpoint, string inNamespace = "fleet", string label = "cluster.core.oam.dev/cluster-credential-type") => _hub.Put($$$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}","namespace":"{{{inNamespace}}}","labels":{"{{{label}}}":"ServiceAccountToken"}},
         "data":{"endpoint":"{{{Base64(endpoint)}}}","token":"{{{Base64("t")}}}","ca.crt":"{{{Base64(File.ReadAllText(_certificates.AuthorityFile))}}}"}}
        """);

    private void PutManaged(string name, string url) => _hub.Put($$$"""
        {"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"{{{name}}}"},
         "spec":{"hubAcceptsClient":true,"managedClusterClientConfigs":[{"url":"{{{url}}}"}]}}
        """);

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
