using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Leases;

public sealed class LeaseHeartbeatTests : ApiTest
{
    private readonly ManualTime _time = new();

    [Fact]
    public async Task Lease_HasWhatKonnectivitysHas()
    {
        await using var heartbeat = Start();
        var spec = await SpecAsync(static _ => true);

        Assert.Equal("me", spec["holderIdentity"]!.GetValue<string>());
        Assert.Equal(30, spec["leaseDurationSeconds"]!.GetValue<int>());
        Assert.Null(spec["acquireTime"]);
        Assert.Equal("server", Stored()!["metadata"]!["labels"]!["app"]!.GetValue<string>());
    }

    [Fact]
    public async Task Lease_IsRenewed_EveryPeriod_WithoutBeingRead()
    {
        await using var heartbeat = Start();
        var first = (await SpecAsync(static _ => true))["renewTime"]!.GetValue<DateTimeOffset>();

        await AdvanceUntilAsync(() => Stored()!["spec"]!["renewTime"]!.GetValue<DateTimeOffset>() > first);

        var second = Stored()!["spec"]!["renewTime"]!.GetValue<DateTimeOffset>();
        Assert.InRange(second - first, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));
        Assert.Single(Api.Requests, static r => r.Method == "GET");
    }

    [Fact]
    public async Task LeaseThatSomebodyChangedOrDeleted_ComesBack_WithTheirLabelsKept()
    {
        await using var heartbeat = Start();
        await SpecAsync(static _ => true);

        Api.Put("""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"ns","labels":{"theirs":"1"}},"spec":{"holderIdentity":"thief"}}""");
        await AdvanceUntilAsync(() => Holder() == "me");
        Assert.Equal("1", Stored()!["metadata"]!["labels"]!["theirs"]!.GetValue<string>());

        Api.Delete("leases", "ns", "l");
        await AdvanceUntilAsync(() => Holder() == "me");
    }

    [Fact]
    public async Task ServerThatRefuses_IsTriedUntilItDoesNot()
    {
        Api.Forbidden = static _ => true;
        await using var heartbeat = Start();
        await Log.Log.WaitForAsync("LeaseRenewalFailed").DefaultTimeout();
        Api.Forbidden = static _ => false;

        await AdvanceUntilAsync(() => Holder() == "me");
    }

    [Fact]
    public async Task End_DeletesTheLease()
    {
        var heartbeat = Start();
        await SpecAsync(static _ => true);

        await heartbeat.DisposeAsync();

        Assert.Null(Stored());
    }

    [Fact]
    public async Task End_LeavesALeaseThatIsNotItsOwn()
    {
        var heartbeat = Start();
        await SpecAsync(static _ => true);
        Api.Put("""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"ns","uid":"another"},"spec":{"holderIdentity":"other"}}""");

        await heartbeat.DisposeAsync();

        Assert.Equal("other", Holder());
        Assert.Contains(Log.Records, static r => r.EventName == "LeaseNotDeleted");
    }

    [Fact]
    public async Task Renewals_AreAPeriodApart_AndUpTo4PercentMore()
    {
        var time = new SkippingTime();
        await using (Start(time))
        {
            await time.Pauses.WaitForAtLeastAsync(30).DefaultTimeout();
        }

        var pauses = time.Skipped.ToArray();
        Assert.All(pauses, static p => Assert.InRange(p, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(15.6)));
        Assert.True(pauses.Max() - pauses.Min() > TimeSpan.FromSeconds(0.1), string.Join(' ', pauses));
    }

    private LeaseHeartbeat Start(TimeProvider? time = null)
    {
        var heartbeat = new LeaseHeartbeat(
            Client(time: time ?? _time),
            new LeaseHeartbeatOptions
            {
                Name = new ResourceName("ns", "l"),
                Holder = "me",
                Labels = new Dictionary<string, string> { ["app"] = "server" },
            });
        heartbeat.Start();
        return heartbeat;
    }

    private JsonObject? Stored() => Api.Find("leases", "ns", "l");

    private string? Holder() => Stored()?["spec"]?["holderIdentity"]?.GetValue<string>();

    private async Task<JsonNode> SpecAsync(Func<JsonNode, bool> matches)
    {
        await Eventually.ObserveAsync(() => Task.FromResult(Stored()?["spec"] is { } spec && matches(spec)));
        return Stored()!["spec"]!;
    }

    private Task AdvanceUntilAsync(Func<bool> condition) => Eventually.ObserveAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        return Task.FromResult(condition());
    });

    /// <summary>The system's clock, but what waits for about a period waits for nothing.</summary>
    private sealed class SkippingTime : TimeProvider
    {
        public ConcurrentQueue<TimeSpan> Skipped { get; } = new();

        public ObservedCount Pauses { get; } = new();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            if (dueTime.TotalSeconds is < 10 or > 20)
            {
                return base.CreateTimer(callback, state, dueTime, period);
            }

            Skipped.Enqueue(dueTime);
            Pauses.Increment();
            return base.CreateTimer(callback, state, TimeSpan.Zero, period);
        }
    }
}
