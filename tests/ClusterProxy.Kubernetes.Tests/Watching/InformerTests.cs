using ClusterProxy.Kubernetes.Resources;
using ClusterProxy.Kubernetes.Watching;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Watching;

public sealed class InformerTests(ITestOutputHelper output) : ApiTest
{
    private readonly ObservedList<string> _heard = new();

    [Fact]
    public async Task Informer_KnowsWhatIsThere_AndWhatComes()
    {
        PutMaps(7);
        await using var informer = Start();

        await informer.Synced.DefaultTimeout();
        Assert.Equal(7, informer.Snapshot.Count);
        PutMap("x", "1");
        await HeardAsync("+x=1");
        PutMap("x", "2");
        await HeardAsync("~x=2");
        Api.Delete("configmaps", "default", "x");
        await HeardAsync("-x=2");

        Assert.Equal(7, informer.Snapshot.Count);
        Assert.Null(informer.Snapshot.Find(Named("x")));
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task BrokenWatch_GoesOnWhereItWas_WithoutAList()
    {
        await using var informer = await StartedAsync();

        Api.BreakWatches();
        PutMap("x", "1");

        await HeardAsync("+x=1");
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task WatchThatWasNotOpenedWhenItShouldHaveEnded_IsOpenedAgain()
    {
        var time = new ManualTime();
        var held = new SyncPoint();
        Api.Faults.Hold(static r => r.IsWatch, held);
        await using var informer = Client(time: time).CreateInformer(KnownResources.ConfigMaps);
        informer.Start();
        await held.WaitUntilReachedAsync().DefaultTimeout();

        time.Advance(TimeSpan.FromMinutes(11));
        held.Continue();
        PutMap("x", "1");

        await Eventually.ObserveAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return Task.FromResult(informer.Snapshot.Find(Named("x")) is not null);
        });
    }

    [Fact]
    public async Task ExpiredWatch_IsListedAgain_AndWhatVanishedIsTold()
    {
        PutMap("gone", "1");
        PutMap("same", "1");
        PutMap("new", "1");
        await using var informer = await StartedAsync();
        var held = new SyncPoint();
        Api.Faults.Answer(static r => r.IsWatch, 503, retryAfter: "0", times: 3);
        Api.Faults.Hold(static r => r.IsWatch, held);
        Api.BreakWatches();

        // While it cannot watch, which it cannot from when the old watch has really ended:
        await held.WaitUntilReachedAsync().DefaultTimeout();
        Api.Delete("configmaps", "default", "gone");
        PutMap("new", "2");
        Api.Compact();
        held.Continue();

        await HeardAsync("-gone=1");
        await HeardAsync("~new=2");
        Assert.Equal(["+gone=1", "+new=1", "+same=1", "-gone=1", "~new=2"], _heard.Items.Order(StringComparer.Ordinal));
        Assert.Equal(2, Lists());
        Assert.Null(informer.LastError);
    }

    [Fact]
    public async Task Bookmark_MovesTheVersion_SoThatAQuietWatchDoesNotExpire()
    {
        await using var informer = await StartedAsync();
        Api.Put("""{"apiVersion":"v1","kind":"Secret","metadata":{"name":"elsewhere"}}""");
        Api.Compact();
        Api.SendBookmarks();
        Api.EndWatches();

        PutMap("x", "1");

        await HeardAsync("+x=1");
        Assert.Equal(1, Lists());
    }

    [Fact]
    public async Task ForbiddenList_IsTold_AndTriedUntilItIsAllowed()
    {
        PutMap("x", "1");
        Api.Forbidden = static _ => true;
        await using var informer = Start();
        await Log.Log.WaitForAsync("WatchFailed").DefaultTimeout();

        Assert.False(informer.HasSynced);
        Assert.Contains("forbidden", informer.LastError, StringComparison.Ordinal);
        Api.Forbidden = static _ => false;

        await informer.Synced.DefaultTimeout();
        Assert.Null(informer.LastError);
    }

    [Fact]
    public async Task SubscriberThatThrows_IsLogged_AndTheOthersHearAll()
    {
        Log.Allow("SubscriberFailed");
        PutMaps(2);
        await using var informer = Client().CreateInformer(KnownResources.ConfigMaps);
        informer.Subscribe(static _ => throw new InvalidOperationException("a defect"));
        informer.Subscribe(change => _heard.Add(Describe(change)));
        informer.Start();
        await informer.Synced.DefaultTimeout();

        PutMap("x", "1");
        await HeardAsync("+x=1");

        Assert.Equal(["+m0000=value", "+m0001=value", "+x=1"], _heard.Items.Order(StringComparer.Ordinal));
        Assert.Equal(3, Log.Records.Count(static r => r is { EventName: "SubscriberFailed", Exception: InvalidOperationException }));
        Assert.Null(informer.LastError);
    }

    [Fact]
    public async Task Defect_IsLogged_AndAllIsListedAgain()
    {
        Log.Allow("InformerFailed");
        PutMap("x", "1");
        var isBroken = true;
        await using var informer = Start(new InformerOptions<ConfigMap>
        {
            Trim = map => Volatile.Read(ref isBroken) ? throw new InvalidOperationException("a defect") : map,
        });

        await Log.Log.WaitForAsync("InformerFailed").DefaultTimeout();
        Assert.Equal("a defect", informer.LastError);
        Volatile.Write(ref isBroken, false);

        await informer.Synced.DefaultTimeout();
        Assert.Equal(["+x=1"], _heard.Items);
        Assert.Null(informer.LastError);
    }

    [Fact]
    public async Task LateSubscriber_GetsWhatIsThereFirst()
    {
        PutMap("x", "1");
        await using var informer = await StartedAsync();
        var heard = new ObservedList<string>();

        informer.Subscribe(change => heard.Add(Describe(change)));
        PutMap("x", "2");

        await heard.WaitForAsync(static h => h == "~x=2").DefaultTimeout();
        Assert.Equal(["+x=1", "~x=2"], heard.Items);
    }

    [Fact]
    public async Task Indexes_FollowTheObjects()
    {
        PutMap("a", "1", """{"team":"red"}""");
        PutMap("b", "1", """{"team":"blue"}""");
        await using var informer = await StartedAsync(new InformerOptions<ConfigMap>
        {
            Indexes = new Dictionary<string, Func<ConfigMap, IEnumerable<string>>>
            {
                ["team"] = static m => m.Metadata!.Labels?.TryGetValue("team", out var team) == true ? [team] : [],
            },
        });

        PutMap("a", "2", """{"team":"blue"}""");
        await HeardAsync("~a=2");

        Assert.Empty(informer.Snapshot.FindBy("team", "red"));
        Assert.Equal(["a", "b"], informer.Snapshot.FindBy("team", "blue").Select(static m => m.Metadata!.Name!).Order(StringComparer.Ordinal));
        Assert.Throws<ArgumentException>(() => informer.Snapshot.FindBy("colour", "red"));
    }

    [Fact]
    public async Task Trim_DropsWhatNobodyNeeds()
    {
        PutMap("a", "1");
        await using var informer = await StartedAsync(new InformerOptions<ConfigMap> { Trim = static m => m with { Data = null } });

        Assert.Null(informer.Snapshot.Find(Named("a"))!.Data);
    }

    [Fact]
    public async Task Trim_IsDoneAPageAtATime()
    {
        PutMaps(7);
        var requests = new ObservedList<string>();
        await using var informer = await StartedAsync(new InformerOptions<ConfigMap>
        {
            Trim = map =>
            {
                requests.Add($"{Api.Requests.Count}");
                return map;
            },
        });

        Assert.Equal(["1", "1", "1", "2", "2", "2", "3"], requests.Items);
    }

    [Fact]
    public async Task SyncGate_OpensWhenAllHaveSynced_AndNamesThoseThatHaveNot()
    {
        Api.Forbidden = static r => r.Path.EndsWith("secrets", StringComparison.Ordinal);
        await using var maps = Start();
        await using var secrets = Client().CreateInformer(KnownResources.Secrets);
        secrets.Start();
        var gate = new SyncGate().Add("config maps", maps.Synced).Add("secrets", secrets.Synced);
        var waiting = gate.WaitAsync(None);

        await maps.Synced.DefaultTimeout();
        Assert.Equal(["secrets"], gate.Missing);
        Assert.False(waiting.IsCompleted);
        Api.Forbidden = static _ => false;

        await waiting.DefaultTimeout();
        Assert.True(gate.IsOpen);
    }

    [Fact]
    public async Task DisposedBeforeItSynced_CancelsWhoeverWaits()
    {
        Api.Forbidden = static _ => true;
        var informer = Start();
        var synced = informer.Synced;

        await informer.DisposeAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => synced).DefaultTimeout();
    }

    /// <summary>Whatever the server does to lists and watches, in the end both sides hold the same.</summary>
    [Fact]
    public async Task AnyInterleavingOfChangesAndFaults_EndsWithTheServersObjects()
    {
        var random = SeededRandom.Create(output.WriteLine);
        await using var informer = Start();
        var mirror = new Dictionary<string, string>(StringComparer.Ordinal);
        var mirrorGate = new Lock();
        informer.Subscribe(change =>
        {
            lock (mirrorGate)
            {
                if (change.After is null)
                {
                    mirror.Remove(change.Before!.Metadata!.Name!);
                }
                else
                {
                    mirror[change.After.Metadata!.Name!] = change.After.Data!["key"];
                }
            }
        });
        await informer.Synced.DefaultTimeout();
        var truth = new SortedDictionary<string, string>(StringComparer.Ordinal);
        for (var step = 0; step < 400; step++)
        {
            var name = $"n{random.Next(20)}";
            switch (random.Next(20))
            {
                case < 11:
                    PutMap(name, truth[name] = $"{step}");
                    break;
                case < 16 when truth.Remove(name):
                    Api.Delete("configmaps", "default", name);
                    break;
                case 16:
                    Api.BreakWatches();
                    break;
                case 17:
                    Api.EndWatches();
                    break;
                case 18:
                    Api.ExpireWatches();
                    break;
                case 19:
                    Api.Compact();
                    break;
                default:
                    await Task.Yield();
                    break;
            }
        }

        PutMap("last", truth["last"] = "done");
        await HeardAsync("+last=done");

        var kept = informer.Snapshot.All.ToDictionary(static m => m.Metadata!.Name!, static m => m.Data!["key"], StringComparer.Ordinal);
        Assert.Equal(truth, new SortedDictionary<string, string>(kept, StringComparer.Ordinal));
        lock (mirrorGate)
        {
            Assert.Equal(truth, new SortedDictionary<string, string>(mirror, StringComparer.Ordinal));
        }
    }

    private static string Describe(ResourceChange<ConfigMap> change)
    {
        var sign = change switch { { Before: null } => '+', { After: null } => '-', _ => '~' };
        return $"{sign}{change.Latest.Metadata!.Name}={change.Latest.Data?.GetValueOrDefault("key")}";
    }

    private Informer<ConfigMap> Start(InformerOptions<ConfigMap>? options = null)
    {
        var informer = Client(options: Quick with { PageSize = 3 }).CreateInformer(KnownResources.ConfigMaps, options);
        informer.Subscribe(change => _heard.Add(Describe(change)));
        informer.Start();
        return informer;
    }

    /// <summary>Synced, and its first watch is open.</summary>
    private async Task<Informer<ConfigMap>> StartedAsync(InformerOptions<ConfigMap>? options = null)
    {
        var informer = Start(options);
        await informer.Synced.DefaultTimeout();
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();
        return informer;
    }

    private Task<string> HeardAsync(string what) => _heard.WaitForAsync(h => h == what).DefaultTimeout();

    private int Lists() => Api.Requests.Count(static r => !r.IsWatch && !r.Query.Contains("continue", StringComparison.Ordinal));
}
