using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>A target that crashes, or gives up, in the middle of an answer.</summary>
public sealed class TargetResetTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Target_Resets_IsNotTakenForItsEnd(FrontendKind kind)
    {
        var target = Own(new ResetTarget(afterBytes: 1, answer: "partial"u8.ToArray()));
        var fixture = await StartAsync();
        await using var stream = await fixture.Client(kind).ConnectAsync(target.Address).DefaultTimeout();
        await stream.WriteAsync(new byte[1]).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte["partial".Length]).DefaultTimeout();

        if (kind == FrontendKind.ConnectUnix)
        {
            // The word for it is RST, which a Unix socket does not have.
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        }
        else
        {
            var error = await Assert.ThrowsAsync<IOException>(async () => await stream.ReadAsync(new byte[1]).DefaultTimeout());
            Assert.True(FrontendCases.IsConnect(kind) || error.Message.Contains("the target reset the connection", StringComparison.Ordinal), error.Message);
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", "target_reset"));
    }
}
