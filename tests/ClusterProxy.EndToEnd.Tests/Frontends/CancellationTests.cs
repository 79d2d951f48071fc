using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>Frontends that change their mind leave nothing behind; the fixture checks that at the end of every test.</summary>
public sealed class CancellationTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.3")]
    public async Task ExpiredToken_FailsTheDialAsCancelled_AndLeavesNothing(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(
            () => fixture.Client(kind).ConnectAsync(echo.Address, new CancellationToken(canceled: true)).DefaultTimeout());

        Assert.Equal(DialFailureReason.Context, Assert.IsType<TunnelConnectException>(error.InnerException).Reason);
        await fixture.ShouldBecomeIdleAsync();
        Assert.Equal(0, echo.Accepted.Value);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.4")]
    public async Task RequestDeadline_DuringSlowResponse_EndsConnectionEverywhere(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        using var deadline = new CancellationTokenSource();
        var request = fixture.Http(kind).GetStringAsync(new Uri(target.Url, "/slow"), deadline.Token);
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        await deadline.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.DefaultTimeout());
        await target.Aborted.WaitForAsync(1).DefaultTimeout();
        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.5")]
    public async Task Dial_CancelledWhileAgentNeverAnswers_IsCountedAsFrontendClose(FrontendKind kind)
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        using var cancel = new CancellationTokenSource();
        var dial = fixture.Client(kind).ConnectAsync("target:1", cancel.Token);
        await agent.TakeDialAsync();

        await cancel.CancelAsync();

        var error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dial.DefaultTimeout());
        Assert.Equal(DialFailureReason.Context, Assert.IsType<TunnelConnectException>(error.InnerException).Reason);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.DialFailures, 1, ("reason", "frontend_close"));
        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.6")]
    public async Task FiftyRequests_CancelledMidFlight_LeaveNoTargetConnection(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        using var cancel = new CancellationTokenSource();
        using var http = fixture.Http(kind);
        var requests = Enumerable.Range(0, 50).Select(_ => http.GetStringAsync(new Uri(target.Url, "/slow"), cancel.Token)).ToList();
        await target.Slow.Arrivals.WaitForAsync(50).DefaultTimeout();
        Assert.Equal(50, await fixture.AgentMetrics().ValueAsync(AgentMetric.OpenTargets));

        await cancel.CancelAsync();

        foreach (var request in requests)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request.DefaultTimeout());
        }

        await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenTargets, 0);
        await target.Aborted.WaitForAsync(50).DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    [Trait("Spec", "7.8")]
    public async Task ClientDisposed_WhileInUse_FailsTheRequestAndShutsDownClean(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        var client = fixture.Client(kind);
        var request = fixture.Http(client).GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        await client.DisposeAsync().DefaultTimeout();

        await Assert.ThrowsAsync<HttpRequestException>(() => request.DefaultTimeout());
        await target.Aborted.WaitForAsync(1).DefaultTimeout();
        await fixture.ShouldBecomeIdleAsync();
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls, 1000)]
    [InlineData(FrontendKind.LaneTls, 1000)]
    [InlineData(FrontendKind.ConnectUnix, 300)]
    public async Task ManyDials_CancelledAtRandomMoments_LeaveEveryTableEmpty(FrontendKind kind, int dials)
    {
        const int AtOnce = 50;
        var random = SeededRandom.Create(Output.WriteLine);
        var echo = Own(new EchoTarget());
        var refusing = Own(new RefusingPort());
        var fixture = await StartAsync(new() { Agents = 2 });
        var client = fixture.Client(kind);
        var moments = Enumerable.Range(0, dials).Select(_ => (Steps: random.Next(0, 400), Refuse: random.Next(4) == 0)).ToList();

        await Parallel.ForEachAsync(moments, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (moment, _) =>
        {
            using var cancel = new CancellationTokenSource();
            var dial = client.ConnectAsync(moment.Refuse ? refusing.Address : echo.Address, cancel.Token);

            // Scheduler turns, not time: the moments spread over the whole dial whatever the machine's speed.
            for (var step = 0; step < moment.Steps && !dial.IsCompleted; step++)
            {
                await Task.Yield();
            }

            await cancel.CancelAsync();
            try
            {
                await using var stream = await dial;
            }
            catch (Exception e) when (e is OperationCanceledException or TunnelConnectException)
            {
                // Cancelled, or refused first.
            }
        }).DefaultTimeout();

        await fixture.ShouldBecomeIdleAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(echo.Open.Value), static open => open == 0);
    }
}
