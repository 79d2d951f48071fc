using ClusterProxy.Kubernetes.Requests;
using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Selectors;
using ClusterProxy.Kubernetes.Watching;

namespace ClusterProxy.Kubernetes.Tests.Watching;

public sealed class WatchTests : ApiTest
{
    private ResourceClient<ConfigMap> Maps => Client().Resource(KnownResources.ConfigMaps);

    [Fact]
    public async Task Events_ComeInOrder_FromTheListsVersionOn()
    {
        PutMap("old", "v");
        var list = await Maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        PutMap("a", "1");
        PutMap("a", "2");
        Api.Delete("configmaps", "default", "a");

        var events = await TakeAsync(ListOptions.Everything, list.ResourceVersion, 3);

        Assert.Equal(
            [(WatchEventType.Added, "1"), (WatchEventType.Modified, "2"), (WatchEventType.Deleted, "2")],
            events.Select(static e => (e.Type, e.Value.Data!["key"])));
    }

    [Fact]
    public async Task ObjectThatStopsToMatch_IsGone_AndOneThatStarts_IsNew()
    {
        PutMap("a", "1", """{"app":"x"}""");
        var labels = new ListOptions { Labels = LabelSelector.Parse("app=x") };
        var list = await Maps.ListAsync(labels, None).DefaultTimeout();
        PutMap("a", "2");
        PutMap("a", "3", """{"app":"x"}""");

        var events = await TakeAsync(labels, list.ResourceVersion, 2);

        Assert.Equal([WatchEventType.Deleted, WatchEventType.Added], events.Select(static e => e.Type));
    }

    [Fact]
    public async Task Bookmark_CarriesAVersion()
    {
        var list = await Maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        var taking = TakeAsync(ListOptions.Everything, list.ResourceVersion, 1);
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();
        Api.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"elsewhere"}}""");

        // Only a watch that is past its first look hears of it; one that is not gets the next.
        await Eventually.ObserveAsync(() =>
        {
            Api.SendBookmarks();
            return Task.FromResult(taking.IsCompleted);
        });

        var bookmark = (await taking.DefaultTimeout()).Single();
        Assert.Equal(WatchEventType.Bookmark, bookmark.Type);
        Assert.NotEmpty(bookmark.Value.Metadata!.ResourceVersion!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task VersionThatIsTooOld_IsExpired_HoweverTheServerSaysIt(bool byStatus)
    {
        Api.RefusesExpiredWatches = byStatus;
        var list = await Maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        PutMap("a", "1");
        Api.Compact();

        await Assert.ThrowsAsync<ApiExpiredException>(() => TakeAsync(ListOptions.Everything, list.ResourceVersion, 1)).DefaultTimeout();
    }

    [Fact]
    public async Task WatchThatTheServerEnds_Ends()
    {
        var list = await Maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        var taking = TakeAsync(ListOptions.Everything, list.ResourceVersion, 1);
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();

        await Eventually.ObserveAsync(() =>
        {
            Api.EndWatches();
            return Task.FromResult(taking.IsCompleted);
        });

        Assert.Empty(await taking.DefaultTimeout());
    }

    [Fact]
    public async Task WatchThatBreaks_IsAConnectionFailure()
    {
        var list = await Maps.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        var taking = TakeAsync(ListOptions.Everything, list.ResourceVersion, 1);
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();

        await Eventually.ObserveAsync(() =>
        {
            Api.BreakWatches();
            return Task.FromResult(taking.IsCompleted);
        });

        await Assert.ThrowsAsync<ApiConnectionException>(() => taking).DefaultTimeout();
    }

    [Fact]
    public async Task ConditionWithATimeThatOnlyGoKnows_EndsNoWatch()
    {
        var clusters = Client().Resource(KnownResources.ManagedClusters);
        var list = await clusters.ListAsync(ListOptions.Everything, None).DefaultTimeout();
        Api.Put("""
            {"apiVersion":"cluster.open-cluster-management.io/v1","kind":"ManagedCluster","metadata":{"name":"odd"},
             "status":{"conditions":[{"type":"Odd","status":"True","lastTransitionTime":"2026-01-01T00:00:00+23:59"}]}}
            """);

        await using var events = clusters.WatchAsync(ListOptions.Everything, list.ResourceVersion, None).GetAsyncEnumerator(None);

        Assert.True(await events.MoveNextAsync().DefaultTimeout());
        Assert.Null(Assert.Single(events.Current.Value.Status!.Conditions!).LastTransitionTime);
    }

    [Theory]
    [InlineData("nonsense\n")]
    [InlineData("{}\n")]
    [InlineData("[1]\n")]
    [InlineData("{\"type\":\"SURPRISE\",\"object\":{}}\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":null}\n")]
    [InlineData("{\"type\":\"ADDED\",\"object\":{")]
    public async Task LineThatIsNoEvent_IsAFailure(string body)
    {
        Api.Faults.Say(static r => r.IsWatch, 200, "application/json", body);

        await Assert.ThrowsAsync<ApiConnectionException>(() => TakeAsync(ListOptions.Everything, "1", 1)).DefaultTimeout();
    }

    [Fact]
    public async Task LineWithoutEnd_IsCutOff()
    {
        Api.Faults.Say(static r => r.IsWatch, 200, "application/json", new string('x', WatchLines.MaxLine + 100_000));

        var error = await Assert.ThrowsAsync<ApiConnectionException>(() => TakeAsync(ListOptions.Everything, "1", 1)).DefaultTimeout();

        Assert.Contains("longer than 16 MiB", error.Message, StringComparison.Ordinal);
    }

    private async Task<List<WatchEvent<ConfigMap>>> TakeAsync(ListOptions options, string version, int count)
    {
        var events = new List<WatchEvent<ConfigMap>>();
        await foreach (var item in Maps.WatchAsync(options, version, None))
        {
            events.Add(item);
            if (events.Count == count)
            {
                break;
            }
        }

        return events;
    }
}
