using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>
/// No limit of activity ends what may be silent: neither the one of short requests, made small here, nor anything that the gateway
/// counts on its own clock, which goes a day ahead.
/// </summary>
public sealed class SilenceTests : IAsyncLifetime
{
    private const string Proxy = GatewayFixture.Root + "/clustergateways/alpha/proxy";
    private const string Web = "/api/v1/namespaces/web";

    private static readonly TimeSpan ShortLimit = TimeSpan.FromMilliseconds(400);

    private readonly ManualTime _time = new();
    private GatewayFixture _gateway = null!;
    private FakeKubernetesApi _managed = null!;

    public async Task InitializeAsync()
    {
        _managed = await FakeKubernetesApi.StartAsync();
        _gateway = await GatewayFixture.StartAsync(static o => o with { ClusterResponseTimeout = ShortLimit }, time: _time);
        _gateway.PutManaged("alpha", _managed);
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _managed.DisposeAsync();
    }

    [Fact]
    public async Task WatchLogAndExec_OutliveEveryLimitOfShortRequests()
    {
        var client = _gateway.Bearer("alice");
        using var watch = await client.AskAsync($"{Proxy}{Web}/configmaps?watch=true&resourceVersion=0");
        using var log = await client.AskAsync($"{Proxy}{Web}/pods/p/log?follow=true");
        using var events = new StreamReader(await watch.Content.ReadAsStreamAsync());
        using var lines = new StreamReader(await log.Content.ReadAsStreamAsync());
        Assert.Equal("started", await lines.ReadLineAsync().DefaultTimeout());
        await using var exec = await _gateway.UpgradeAsync("alice", $"{Proxy}{Web}/pods/p/exec");

        // Each of these stands still until its limit cuts it, and everything else has been silent for as long.
        var point = new SyncPoint();
        _managed.Faults.Hold(static r => r.Path.EndsWith("/stuck", StringComparison.Ordinal), point, times: 3);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(504, (await client.AskAsync($"{Proxy}{Web}/configmaps/stuck").StatusAsync()).Code);
        }

        for (var i = 0; i < 24 * 12; i++)
        {
            _time.Advance(TimeSpan.FromMinutes(5));
        }

        _managed.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"late","namespace":"web"}}""");
        _managed.WriteLog("late");
        await exec.WriteAsync("late"u8.ToArray()).DefaultTimeout();
        var echo = new byte[4];
        await exec.ReadExactlyAsync(echo).DefaultTimeout();

        Assert.Contains("\"late\"", await events.ReadLineAsync().DefaultTimeout(), StringComparison.Ordinal);
        Assert.Equal("late", await lines.ReadLineAsync().DefaultTimeout());
        Assert.Equal("late"u8.ToArray(), echo);
    }
}
