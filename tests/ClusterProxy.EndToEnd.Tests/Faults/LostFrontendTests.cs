using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>A frontend that is gone while its target still has bytes for it: more than anyone has credit for.</summary>
public sealed class LostFrontendTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task FrontendCutOff_InADownload_LeavesNothingBehind(FrontendKind kind)
    {
        var source = Own(new SourceTarget(64 * 1024 * 1024));
        var fixture = await StartAsync();
        var stream = await fixture.Client(kind).ConnectAsync(source.Address).DefaultTimeout();
        await StallAsync(stream, source);

        fixture.FrontendRelay.Cut();

        Assert.IsNotType<TimeoutException>(await Record.ExceptionAsync(() => ReadToEndAsync(stream).DefaultTimeout()));
        await source.Open.WaitForAsync(0).DefaultTimeout();
        await fixture.ShouldBecomeIdleAsync();
        await stream.DisposeAsync().DefaultTimeout();
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task FrontendClosed_InADownload_LeavesNothingBehind(FrontendKind kind)
    {
        var source = Own(new SourceTarget(64 * 1024 * 1024));
        var fixture = await StartAsync();
        var stream = await fixture.Client(kind).ConnectAsync(source.Address).DefaultTimeout();
        await StallAsync(stream, source);

        await stream.DisposeAsync().DefaultTimeout();

        await source.Open.WaitForAsync(0).DefaultTimeout();
        await fixture.ShouldBecomeIdleAsync();
    }

    /// <summary>Reads a little, then waits until everything between here and the target is full.</summary>
    private static async Task StallAsync(TunnelStream stream, SourceTarget source)
    {
        await stream.ReadExactlyAsync(new byte[1]).DefaultTimeout();
        await Eventually.StandsStillAsync(source.BytesSent);
    }

    private static async Task ReadToEndAsync(TunnelStream stream)
    {
        var piece = new byte[64 * 1024];
        while (await stream.ReadAsync(piece) > 0)
        {
        }
    }
}
