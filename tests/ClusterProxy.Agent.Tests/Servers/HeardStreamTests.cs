using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class HeardStreamTests
{
    [Fact]
    public async Task SilentFor_GoesOn_UntilSomethingIsRead()
    {
        var time = new ManualTime();
        await using var stream = new HeardStream(new MemoryStream([1, 2]), time);

        time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(TimeSpan.FromSeconds(10), stream.SilentFor);
        Assert.Equal(1, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        Assert.Equal(TimeSpan.Zero, stream.SilentFor);

        time.Advance(TimeSpan.FromSeconds(3));
        await stream.WriteAsync(new byte[1]).DefaultTimeout();
        Assert.Equal(TimeSpan.FromSeconds(3), stream.SilentFor);
    }

    /// <summary>The pool looks once a second.</summary>
    [Theory]
    [InlineData(null, null)]
    [InlineData(1, 34)]
    [InlineData(30, 34)]
    [InlineData(60, 64)]
    public void SilenceLimit_ByPingInterval_LeavesThePingTime(int? asked, int? expected)
    {
        var options = new ServerConnectorOptions
        {
            Servers = [],
            AgentId = "agent",
            Tls = null!,
            PingDelay = ServerConnectorOptions.AllowedPingDelay(asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null),
        };

        Assert.Equal(expected is { } limit ? TimeSpan.FromSeconds(limit) : null, options.SilenceLimit);
    }
}
