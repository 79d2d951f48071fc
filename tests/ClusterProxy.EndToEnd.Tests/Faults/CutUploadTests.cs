using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>An upload of which the end is missing must not look whole, neither to its target nor to its frontend.</summary>
public sealed class CutUploadTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.GrpcUnix)]
    [InlineData(FrontendKind.LaneTls)]
    [InlineData(FrontendKind.LaneUnix)]
    public async Task TunnelLost_WhileTheFrontendCloses_FailsTheClose(FrontendKind kind)
    {
        var target = Own(new PatternTarget());
        var fixture = await StartAsync();
        var stream = await fixture.Client(kind).ConnectAsync(target.Address).DefaultTimeout();
        await BeginUploadAsync(stream, target);
        fixture.Relay.SetMode(RelayMode.Stall);
        await stream.WriteAsync(new byte[1000]).DefaultTimeout();
        var close = stream.CloseAsync();

        // The server knows that the frontend wants to close; the agent cannot know.
        await fixture.ServerMetrics.WaitForAsync(
            "konnectivity_network_proxy_server_stream_packets_total", 1, ("segment", "from_client"), ("packet_type", "CLOSE_REQ"));
        Assert.False(close.IsCompleted);
        fixture.Relay.Cut();
        fixture.Relay.SetMode(RelayMode.Pass);

        var error = await Assert.ThrowsAsync<IOException>(() => close.DefaultTimeout());
        Assert.Contains("the tunnel to the agent was lost", error.Message, StringComparison.Ordinal);
        Assert.False((await target.Uploads.WaitForAsync(static _ => true).DefaultTimeout()).EndedInOrder);
        await fixture.WaitForAgentsAsync();
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task FrontendLost_ResetsTheTarget(FrontendKind kind)
    {
        var target = Own(new PatternTarget());
        var fixture = await StartAsync();
        await using var stream = await fixture.Client(kind).ConnectAsync(target.Address).DefaultTimeout();
        await BeginUploadAsync(stream, target);

        fixture.FrontendRelay.Cut();

        Assert.False((await target.Uploads.WaitForAsync(static _ => true).DefaultTimeout()).EndedInOrder);
    }

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.GrpcUnix)]
    [InlineData(FrontendKind.LaneTls)]
    [InlineData(FrontendKind.LaneUnix)]
    public async Task WriteCancelled_ThenDisposed_ResetsTheTarget(FrontendKind kind)
    {
        const int Length = 128 * 1024 * 1024;
        var target = Own(new PatternTarget());
        var fixture = await StartAsync();
        var stream = await fixture.Client(kind).ConnectAsync(target.Address).DefaultTimeout();
        await BeginUploadAsync(stream, target);
        using var cancel = new CancellationTokenSource();
        var write = stream.WriteAsync(new byte[Length], cancel.Token).AsTask();
        await target.BytesReceived.WaitForAtLeastAsync(500_000).DefaultTimeout();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => write.DefaultTimeout());

        await stream.DisposeAsync().DefaultTimeout();

        Assert.False((await target.Uploads.WaitForAsync(static _ => true).DefaultTimeout()).EndedInOrder);
        await fixture.ShouldBecomeIdleAsync();
    }

    private static async Task BeginUploadAsync(TunnelStream stream, PatternTarget target)
    {
        await stream.WriteAsync(new PatternRequest(PatternMode.Upload, 1, 1_000_000).ToBytes()).DefaultTimeout();
        var piece = SeededBytes.Create(seed: 1, 100_000);
        await stream.WriteAsync(piece).DefaultTimeout();
        await target.BytesReceived.WaitForAsync(PatternRequest.Size + piece.Length).DefaultTimeout();
    }
}
