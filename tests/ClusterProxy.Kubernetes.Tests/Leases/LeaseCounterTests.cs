using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Selectors;

namespace ClusterProxy.Kubernetes.Tests.Leases;

public sealed class LeaseCounterTests : ApiTest
{
    private readonly ManualTime _time = new();
    private readonly ObservedCount _changes = new();

    [Fact]
    public async Task Count_IsThatOfValidLeasesWithTheLabels()
    {
        PutLease("a", age: 0);
        PutLease("b", age: 10);
        PutLease("expired", age: 31);
        PutLease("other", age: 0, label: "agent");
        await using var counter = await StartAsync();

        Assert.Equal(2, counter.Count);
        Assert.Equal(["a", "b"], counter.LiveHolders.Order(StringComparer.Ordinal));

        PutLease("c", age: 0);
        await _changes.WaitForAtLeastAsync(4).DefaultTimeout();
        Assert.Equal(3, counter.Count);
    }

    [Fact]
    public async Task Count_FallsAsLeasesExpire_ButNeverBelowOne()
    {
        PutLease("a", age: 0);
        PutLease("b", age: 10);
        await using var counter = await StartAsync();
        Assert.Equal(2, counter.Count);

        _time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(1, counter.Count);
        _time.Advance(TimeSpan.FromSeconds(21));
        Assert.Equal(1, counter.Count);
    }

    [Fact]
    public async Task Count_StaysWhileLeasesCannotBeRead()
    {
        PutLease("a", age: 0);
        PutLease("b", age: 0);
        await using var counter = await StartAsync();
        Assert.Equal(2, counter.Count);

        Api.Forbidden = static _ => true;
        Api.BreakWatches();
        await Log.Log.WaitForAsync("WatchFailed").DefaultTimeout();
        _time.Advance(TimeSpan.FromMinutes(5));

        Assert.Equal(2, counter.Count);
    }

    [Fact]
    public async Task Count_BeforeAnythingWasRead_IsOne()
    {
        Api.Forbidden = static _ => true;
        await using var counter = new LeaseCounter(Client(time: _time), "ns", LabelSelector.Everything);
        counter.Start();

        Assert.Equal(1, counter.Count);
    }

    private void PutLease(string name, int age, string label = "server") => Api.Put(
        $$$"""
        {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"{{{name}}}","namespace":"ns","labels":{"app":"{{{label}}}"} },
         "spec":{"holderIdentity":"{{{name}}}","leaseDurationSeconds":30,"renewTime":"{{{_time.GetUtcNow().AddSeconds(-age):yyyy-MM-ddTHH:mm:ss.ffffffZ}}}"} }
        """);

    private async Task<LeaseCounter> StartAsync()
    {
        var counter = new LeaseCounter(Client(time: _time), "ns", LabelSelector.Parse("app=server"));
        counter.Start(_changes.Increment);
        await counter.Synced.DefaultTimeout();
        await Api.WatchesStarted.WaitForAtLeastAsync(1).DefaultTimeout();
        return counter;
    }
}
