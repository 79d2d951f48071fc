using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>A target that crashes, or gives up, in the middle of an answer.</summary>
public sealed class TargetResetTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Target_Resets_IsToldBehindItsBytes(FrontendKind kind)
    {
        var target = Own(new ResetTarget(afterBytes: 1, answer: "partial"u8.ToArray()));
        var fixture = await StartAsync();
        await using var stream = await fixture.Client(kind).ConnectAsync(target.Address).DefaultTimeout();
        await stream.WriteAsync(new byte[1]).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte["partial".Length]).DefaultTimeout();

        if (FrontendCases.IsConnect(kind))
        {
            // The only word for it would be RST, which could overtake the bytes.
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        }
        else
        {
            var error = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(new byte[1]).DefaultTimeout());
            Assert.Contains("the target reset the connection", error.Message, StringComparison.Ordinal);
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", "target_reset"));
    }
}
