using System.Net;
using ClusterProxy.Gateway.Forwarding;
using ClusterProxy.Gateway.Tests.Acceptance;

namespace ClusterProxy.Gateway.Tests.UserServer;

/// <summary>How requests to services and their streams leave with the gateway, on a clock of the test's own.</summary>
public sealed class ServiceDrainTests(ServiceDrainTests.ManualBed bed) : IClassFixture<ServiceDrainTests.ManualBed>
{
    private const string Service = "/alpha/api/v1/namespaces/monitoring/services/http:prometheus:9090/proxy-service";

    [Fact]
    public async Task RequestsAndStreams_GoOnUntilTheGraceIsOver()
    {
        using var client = bed.HttpClient();
        var held = new SyncPoint();
        bed.ServiceProxy.Faults.Hold(static r => r.Path == "/healthz", held);
        var slow = client.GetAsync($"{Service}/healthz");
        await held.WaitUntilReachedAsync().DefaultTimeout();
        await using var stream = await bed.UpgradeAsync($"{Service}/api/v1/namespaces/d/pods/p/exec");
        Assert.Equal((1, 1), (bed.Gateway.Live.Count(RequestKind.LongRunning), bed.Gateway.Live.Count(RequestKind.Upgrade)));

        var stopping = bed.Gateway.ShutdownAsync();
        bed.Clock.Advance(TimeSpan.FromSeconds(5));
        held.Continue();
        using var answer = await slow.DefaultTimeout();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        var echo = new byte["still here".Length];
        await stream.ReadExactlyAsync(echo).DefaultTimeout();
        Assert.False(stopping.IsCompleted);

        await Eventually.ObserveAsync(() =>
        {
            bed.Clock.Advance(TimeSpan.FromSeconds(5));
            return Task.FromResult(stopping.IsCompleted);
        });
        await Assert.ThrowsAnyAsync<IOException>(() => stream.ReadExactlyAsync(new byte[1]).DefaultTimeout());
        Assert.Equal(0, bed.Gateway.Live.Total);
    }

    public sealed class ManualBed : TunnelBed
    {
        internal ManualTime Clock { get; } = new();

        protected override TimeProvider Time => Clock;
    }
}
