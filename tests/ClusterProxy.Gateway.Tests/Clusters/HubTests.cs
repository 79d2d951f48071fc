using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Clusters;

public sealed class HubTests : CatalogTest
{
    [Fact]
    public async Task Secrets_AreClusters_AndAMalformedOneIsAProblemOfItsOwn()
    {
        Put("alpha", "https://a:1");
        Put("broken", "nowhere");
        Put("elsewhere", "https://e:1", inNamespace: "other");
        Put("plain", "https://p:1", label: "something-else");
        AddHub();

        await Changes.WaitForAsync(static c => c.Latest.Name == "alpha").DefaultTimeout();
        await Eventually.ObserveAsync(() => Task.FromResult(Catalog.IsSynced && Catalog.Problems.Count == 1));
        Assert.Equal("alpha", Assert.Single(Catalog.Snapshot.All).Name);
        Assert.Contains("Secret fleet/broken", Catalog.Problems.Values.Single().Reason, StringComparison.Ordinal);

        Put("broken", "https://b:1");
        await Changes.WaitForAsync(static c => c.Latest.Name == "broken").DefaultTimeout();
        Assert.Empty(Catalog.Problems);
        Put("alpha", "nowhere");
        await Changes.WaitForAsync(static c => c.Latest.Name == "alpha" && c.After is null).DefaultTimeout();
        Hub.Delete("secrets", "fleet", "broken");
        await Changes.WaitForAsync(static c => c.Latest.Name == "broken" && c.After is null).DefaultTimeout();
    }

    [Fact]
    public async Task ManagedCluster_IsMergedOverItsSecret_AndListedWithoutOne()
    {
        Put("alpha", "https://private:1");
        PutManaged("alpha", "https://public:1");
        PutManaged("lonely", "https://lonely:1");
        AddHub(ocm: true);

        await Changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "public").DefaultTimeout();
        await Changes.WaitForAsync(static c => c.After is { Name: "lonely", IsGateway: false }).DefaultTimeout();
        Hub.Delete("managedclusters", null, "alpha");
        await Changes.WaitForAsync(static c => c.After?.Endpoint.Address.Host == "private").DefaultTimeout();
        Put("lonely", "https://x:1");

        var changed = await Changes.WaitForAsync(static c => c.After is { Name: "lonely", IsGateway: true }).DefaultTimeout();
        Assert.Equal("lonely", changed.After!.Endpoint.Address.Host);
    }

    [Fact]
    public void Description_ThatFailsUnexpectedly_IsAProblemOfItsOwn()
    {
        Log.Allow("DescriptionFailed");
        var source = new TestClusters();
        Catalog.Add(source);

        Catalog.Describe(source, "odd", "Secret fleet/odd", static () => throw new InvalidOperationException("a defect"));

        Assert.Null(Catalog.Find("odd"));
        Assert.Equal("Secret fleet/odd: a defect", Assert.Single(Catalog.Problems.Values).Reason);
        Assert.Single(Log.Records, static r => r is { EventName: "DescriptionFailed", Exception: InvalidOperationException });
        Catalog.Describe(source, "odd", "Secret fleet/odd", null);
        Assert.Empty(Catalog.Problems);
    }

    private void PutManaged(string name, string url) => Hub.Put($$$"""
        {"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"{{{name}}}"},
         "spec":{"hubAcceptsClient":true,"managedClusterClientConfigs":[{"url":"{{{url}}}"}]}}
        """);
}
