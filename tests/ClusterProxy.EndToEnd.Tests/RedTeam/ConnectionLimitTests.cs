using System.Security.Authentication;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Somebody with a good certificate who takes as many connections as he can.</summary>
public sealed class ConnectionLimitTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const int Limit = 8;

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    public Task Connections_OfOneCertificate_PastTheirLimit_AreRefused(string plane) => AttackAsync(
        async fixture =>
        {
            var (port, trusted) = plane == "agent"
                ? (fixture.Server.AgentPort, fixture.AgentPlane)
                : (fixture.Server.FrontendPort, fixture.FrontendPlane);
            var greedy = trusted.Client("greedy");
            var held = new List<Stream>();
            for (var i = 0; i < Limit; i++)
            {
                held.Add(await Sockets.ConnectTlsAsync(port, trusted, greedy, "h2"));
            }

            // Which of them it is depends on whose certificate the server looked at last.
            await TryAsync(async () => held.Add(await Sockets.ConnectTlsAsync(port, trusted, greedy, "h2")));

            await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "too_many_connections"));
            var line = await Audit.WaitForAsync(("event", "handshake"), ("plane", plane), ("result", "too_many_connections"));
            Assert.Contains($"--{plane}-max-connections", AuditFile.Text(line, "detail"), StringComparison.Ordinal);
            await using (var other = await Sockets.ConnectTlsAsync(port, trusted, trusted.Client("modest"), "h2"))
            {
                await SettingsAsync(other);
            }

            foreach (var stream in held)
            {
                await TryAsync(() => stream.DisposeAsync().AsTask());
            }

            await Eventually.ObserveAsync(async () =>
            {
                var isIn = false;
                await TryAsync(async () =>
                {
                    await using var again = await Sockets.ConnectTlsAsync(port, trusted, greedy, "h2");
                    await SettingsAsync(again);
                    isIn = true;
                });
                return isIn;
            });
        },
        static o => o with { AgentMaxConnections = Limit, FrontendMaxConnections = Limit });

    /// <summary>The server's first frame comes to whoever was let in.</summary>
    private static async Task SettingsAsync(Stream stream)
    {
        await stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0004\0\0\0\0\0"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[9]).DefaultTimeout();
    }

    private static async Task TryAsync(Func<Task> attempt)
    {
        try
        {
            await attempt();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            // Refused, in one way or the other.
        }
    }
}
