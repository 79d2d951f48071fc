using System.Security.Authentication;
using ClusterProxy.Client;
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

    [Theory]
    [InlineData("grpc")]
    [InlineData("connect")]
    [InlineData("lane")]
    [InlineData("unix")]
    public Task Dials_PastTheirConnections_AreRefused(string way) => AttackAsync(
        async fixture =>
        {
            var echo = Own(new EchoTarget());
            var kind = way switch
            {
                "connect" => FrontendKind.ConnectTls,
                "lane" => FrontendKind.LaneTls,
                "unix" => FrontendKind.LaneUnix,
                _ => FrontendKind.GrpcTls,
            };
            var certificate = fixture.FrontendPlane.Client("greedy").Certificate;
            var client = fixture.Client(kind, o =>
            {
                o.ClientCertificates.Clear();
                o.ClientCertificates.Add(certificate);
            });
            var held = new List<TunnelStream>();
            for (var i = 0; i < Limit; i++)
            {
                held.Add(await client.ConnectAsync(echo.Address).DefaultTimeout());
            }

            var refused = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync(echo.Address)).DefaultTimeout();

            Assert.Contains("--max-connections-per-frontend", refused.Message, StringComparison.Ordinal);
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.DialFailures, 1, ("reason", "too_many_connections"));
            await Audit.WaitForAsync(("event", "dial"), ("result", "too_many_connections"));
            await held[0].DisposeAsync();
            await Eventually.ObserveAsync(async () =>
            {
                try
                {
                    held[0] = await client.ConnectAsync(echo.Address).DefaultTimeout();
                    return true;
                }
                catch (TunnelConnectException)
                {
                    // The server has not heard of the end yet.
                    return false;
                }
            });
            foreach (var stream in held)
            {
                await stream.DisposeAsync();
            }
        },
        static o => o with { MaxConnectionsPerFrontend = Limit });

    [Fact]
    public Task Dials_PastTheAgentsConnections_AreRefused() => AttackAsync(
        async fixture =>
        {
            var echo = Own(new EchoTarget());
            var client = fixture.Client(FrontendKind.GrpcTls, o => ShowAs(o, fixture, "greedy"));
            var held = new List<TunnelStream>();
            TunnelConnectException? refused = null;
            for (var i = 0; i < Limit && refused is null; i++)
            {
                try
                {
                    held.Add(await client.ConnectAsync(echo.Address).DefaultTimeout());
                }
                catch (TunnelConnectException e)
                {
                    refused = e;
                }
            }

            // One is the bystander's.
            Assert.Equal(Limit - 1, held.Count);
            Assert.Contains("--max-connections", refused?.Message, StringComparison.Ordinal);
            await fixture.AgentMetrics().WaitForAsync("clusterproxy_agent_dials_over_limit_total", 1);
            await fixture.Log.Log.WaitForAsync("TooManyConnections").DefaultTimeout();
            foreach (var stream in held)
            {
                await stream.DisposeAsync();
            }

            await fixture.AgentMetrics().WaitForAsync(AgentMetric.OpenTargets, 1);
        },
        agent: static o => o with { MaxConnections = Limit });

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
