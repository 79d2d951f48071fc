using System.Net;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

public sealed class ServerShutdownTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Shutdown_LetsRunningConnectionFinish_RefusesNewDials_AndSaysNotReady(FrontendKind kind)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync();
        var running = fixture.Http(kind).GetStringAsync(new Uri(target.Url, "/slow"));
        await target.Slow.WaitUntilReachedAsync().DefaultTimeout();

        var shutdown = fixture.Server.ShutdownAsync();

        using var http = new HttpClient();
        await Eventually.ObserveAsync(
            async () => (await http.GetAsync(new Uri($"http://127.0.0.1:{fixture.Server.HealthPort}/readyz"))).StatusCode,
            static status => status == HttpStatusCode.InternalServerError);
        await fixture.Client(kind).ShouldBeRefusedAsync(target.Address);
        Assert.False(shutdown.IsCompleted);
        target.Slow.Continue();
        Assert.Equal(target.Body, await running.DefaultTimeout());
        await shutdown.DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Shutdown_WhenGraceIsOver_ClosesConnectionsWithReason(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = static o => o with { GracefulShutdownTimeout = TimeSpan.FromMilliseconds(200) } });
        var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout();

        await fixture.Server.ShutdownAsync().DefaultTimeout();

        Assert.Equal(1, await fixture.ServerMetrics.ValueAsync(ServerMetric.Closes, ("reason", "shutting_down")));
        var closed = await fixture.Log.Log.WaitForAsync(
            static r => r.EventName == "ConnectionClosed" && r.Category == "ClusterProxy.Server").DefaultTimeout();
        Assert.Equal("shutting_down", closed.Values["Reason"]);
        await Record.ExceptionAsync(() => stream.DisposeAsync().DefaultTimeout());
        await echo.EndedByPeer.WaitForAsync(1).DefaultTimeout();
    }
}
