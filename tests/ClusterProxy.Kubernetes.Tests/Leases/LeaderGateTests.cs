using ClusterProxy.Kubernetes.Leases;
using ClusterProxy.Kubernetes.Resources;

namespace ClusterProxy.Kubernetes.Tests.Leases;

public sealed class LeaderGateTests : ApiTest
{
    private readonly ManualTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly ObservedList<string> _heard = new();
    private int _working;
    private int _mostWorking;

    [Fact]
    public async Task OneOfMany_Works_AndWhenItEnds_AnotherDoes()
    {
        using var firstStop = new CancellationTokenSource();
        var first = RunAsync("first", firstStop.Token);
        await HeardAsync("first leads");
        var second = RunAsync("second", _stop.Token);
        await AdvanceAsync(10);
        Assert.DoesNotContain("second leads", _heard.Items);

        await firstStop.CancelAsync();
        await first.DefaultTimeout();
        await HeardAsync("second leads");

        await EndAsync(second);
        Assert.Equal(1, _mostWorking);
        Assert.Equal(1, Spec()["leaseTransitions"]!.GetValue<int>());
    }

    [Fact]
    public async Task LeaderThatDied_IsFollowed_AfterItsLeaseWasSeenUnchangedForItsDuration()
    {
        // Its clock is an hour ahead: only the time that passes here counts.
        Api.Put(
            $$$"""
            {"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"ns"},
             "spec":{"holderIdentity":"dead","leaseDurationSeconds":15,"renewTime":"{{{_time.GetUtcNow().AddHours(1):yyyy-MM-ddTHH:mm:ss.ffffffZ}}}"} }
            """);
        var start = _time.GetUtcNow();

        var running = RunAsync("me", _stop.Token);
        await HeardAsync("me leads");

        Assert.True(_time.GetUtcNow() - start >= TimeSpan.FromSeconds(15));
        await EndAsync(running);
    }

    [Fact]
    public async Task LeaderThatCannotRenew_Stops_BeforeOthersMayStart()
    {
        var running = RunAsync("me", _stop.Token);
        await HeardAsync("me leads");
        var start = _time.GetUtcNow();

        Api.Forbidden = static r => r.Method == "PUT";
        await HeardAsync("me stops");

        Assert.InRange(_time.GetUtcNow() - start, TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(15));
        await EndAsync(running);
    }

    [Fact]
    public async Task LeaderWhoseLeaseWasTaken_StopsAtOnce()
    {
        var running = RunAsync("me", _stop.Token);
        await HeardAsync("me leads");

        Api.Put("""{"apiVersion":"coordination.k8s.io/v1","kind":"Lease","metadata":{"name":"l","namespace":"ns"},"spec":{"holderIdentity":"other","leaseDurationSeconds":3600}}""");
        await HeardAsync("me stops");

        Assert.Equal("other", Spec()["holderIdentity"]!.GetValue<string>());
        await EndAsync(running);
    }

    [Fact]
    public async Task WorkThatFails_FailsTheGate_AndGivesTheLeaseBack()
    {
        var gate = Gate("me");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(
            () => gate.RunAsync(static _ => throw new InvalidOperationException("a bug"), _stop.Token)).DefaultTimeout();

        Assert.Equal("a bug", error.Message);
        Assert.False(gate.IsLeader);
    }

    [Fact]
    public async Task WorkThatEnds_EndsTheGate_AndGivesTheLeaseBack()
    {
        var gate = Gate("me");

        await gate.RunAsync(
            async _ =>
            {
                Assert.True(gate.IsLeader);
                await Task.Yield();
            },
            _stop.Token).DefaultTimeout();

        Assert.False(gate.IsLeader);
        Assert.Equal("", Spec()["holderIdentity"]!.GetValue<string>());
    }

    private System.Text.Json.Nodes.JsonNode Spec() => Api.Find("leases", "ns", "l")!["spec"]!;

    private LeaderGate Gate(string holder) => new(Client(time: _time), new LeaderGateOptions { Name = new ResourceName("ns", "l"), Holder = holder });

    private Task RunAsync(string holder, CancellationToken cancellationToken) => Gate(holder).RunAsync(
        async lead =>
        {
            _mostWorking = Math.Max(_mostWorking, Interlocked.Increment(ref _working));
            _heard.Add($"{holder} leads");
            await Task.Delay(Timeout.InfiniteTimeSpan, lead).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Interlocked.Decrement(ref _working);
            _heard.Add($"{holder} stops");
        },
        cancellationToken);

    private Task HeardAsync(string what) => Eventually.ObserveAsync(() =>
    {
        _time.Advance(TimeSpan.FromSeconds(0.5));
        return Task.FromResult(_heard.Items.Contains(what));
    });

    private async Task AdvanceAsync(int steps)
    {
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(--steps <= 0);
        });
    }

    private async Task EndAsync(Task running)
    {
        await _stop.CancelAsync();
        await running.DefaultTimeout();
        _stop.Dispose();
    }
}
