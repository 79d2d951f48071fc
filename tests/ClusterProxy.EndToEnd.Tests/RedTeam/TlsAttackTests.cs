using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Before and instead of a handshake.</summary>
public sealed class TlsAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task Silence_InsteadOfAHandshake_IsCut_Counted_AndLogged(string plane) => AttackAsync(async fixture =>
    {
        await using var stream = await Sockets.ConnectTcpAsync(plane == "agent" ? fixture.Server.AgentPort : fixture.Server.FrontendPort);

        // The handshake may take 10 s.
        Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "timeout"));
        Assert.Equal("timeout", (await fixture.Log.Log.WaitForAsync("HandshakeFailed").DefaultTimeout()).Values["Reason"]);
    });

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task PlainText_InsteadOfAHandshake_IsCut_AndCounted(string plane) => AttackAsync(async fixture =>
    {
        await using var stream = await Sockets.ConnectTcpAsync(plane == "agent" ? fixture.Server.AgentPort : fixture.Server.FrontendPort);
        await stream.WriteAsync("CONNECT 169.254.169.254:80 HTTP/1.1\r\n\r\n"u8.ToArray()).DefaultTimeout();
        try
        {
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        }
        catch (IOException)
        {
            // A reset says the same.
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "no_client_hello"));
    });
}
