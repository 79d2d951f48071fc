using System.Diagnostics.Metrics;
using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Kubernetes;
using ClusterProxy.Testing.KubernetesApi;
using Microsoft.Extensions.DependencyInjection;

namespace ClusterProxy.Gateway.Tests.Clusters;

/// <summary>A catalogue whose changes are heard, and a hub; new for each test, which adds the sources.</summary>
public abstract class CatalogTest : IAsyncLifetime
{
    private readonly ServiceProvider _meters = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly TestCertificates _certificates = new("cluster");
    private KubernetesClient _client = null!;

    internal FailOnErrorLog Log { get; } = new();

    internal ObservedList<ClusterChange> Changes { get; } = new();

    internal FakeKubernetesApi Hub { get; private set; } = null!;

    internal ClusterCatalog Catalog { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        Hub = await FakeKubernetesApi.StartAsync().DefaultTimeout();
        _client = new KubernetesClient(Hub.Access());
        Catalog = new ClusterCatalog(
            1, new GatewayMetrics(_meters.GetRequiredService<IMeterFactory>()), Log.CreateFactory().CreateLogger("test"));
        Catalog.Subscribe(Changes.Add);
    }

    public virtual async Task DisposeAsync()
    {
        await Catalog.DisposeAsync();
        _client.Dispose();
        await Hub.DisposeAsync();
        await _meters.DisposeAsync();
        _certificates.Dispose();
        Log.Verify();
    }

    internal void AddHub(bool ocm = false)
    {
        var options = new GatewayOptions { SecretNamespace = "fleet", OcmIntegration = ocm };
        Catalog.Add(new HubClusters(_client, new ClusterProjection(options), options));
    }

    internal void Put(string name, string endpoint, string inNamespace = "fleet", string label = "cluster.core.oam.dev/cluster-credential-type") => Hub.Put($$$"""
        {"apiVersion":"v1","kind":"Secret","metadata":{"name":"{{{name}}}","namespace":"{{{inNamespace}}}","labels":{"{{{label}}}":"ServiceAccountToken"}},
         "data":{"endpoint":"{{{Base64(endpoint)}}}","token":"{{{Base64("t")}}}","ca.crt":"{{{Base64(File.ReadAllText(_certificates.AuthorityFile))}}}"}}
        """);

    private static string Base64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));
}
