using System.Security.Authentication;
using ClusterProxy.Client;
using ClusterProxy.Hosting.Logging;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Testing.KubernetesApi;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Somebody with a good certificate who takes as many connections as he can.</summary>
public sealed class ConnectionLimitTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const int Limit = 8;
    private const string AgentsRefused = "clusterproxy_server_agents_refused_total";

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
    public Task Streams_WithoutADial_PastTheirLimit_AreRefused() => AttackAsync(
        async fixture =>
        {
            await using var http = await RawHttp2.StartAsync(
                await Sockets.ConnectTlsAsync(fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client("greedy"), "h2"));
            var next = 1;
            for (; next < 1 + (2 * 2 * Limit); next += 2)
            {
                await http.SendAsync(RawHttp2.Call(next, "/ProxyService/Proxy"));
                Assert.NotNull(await http.ReadUntilAsync(f => f is { Type: RawFrame.Headers, EndsStream: false } && f.StreamId == next));
            }

            await http.SendAsync(RawHttp2.Call(next, "/ProxyService/Proxy"));
            Assert.Equal((int)GrpcStatusCode.ResourceExhausted, await http.ReadStatusAsync(next));
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.StreamErrors, 1, ("segment", "from_client"), ("code", "ResourceExhausted"));
            var line = await fixture.Log.Log.WaitForAsync("StreamBroken").DefaultTimeout();
            Assert.Contains("--max-connections-per-frontend", line.Message, StringComparison.Ordinal);
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

    [Fact]
    public async Task Connections_OfOneTokensHolder_PastTheirLimit_AreRefused()
    {
        await using var api = await TestApiServer.StartAsync();
        api.AddToken("greedy");
        api.AddToken("renewed");
        api.Api.Tokens["modest"] = ApiUser.ServiceAccount("ns", "agent", TestApiServer.Audience);
        var fixture = await StartWithTokensAsync(api, static o => o with { AgentMaxConnections = Limit });
        var held = new List<RawHttp2>();
        for (var i = 0; i < Limit; i++)
        {
            var http = await OpenAsync(fixture);
            held.Add(http);
            await http.SendAsync(Connect(1, "greedy"));
            Assert.NotNull(await http.ReadUntilAsync(static f => f is { Type: RawFrame.Headers, EndsStream: false }));
        }

        // The holder counts, and not his token; another one comes in, and the holder again when one of his connections has ended.
        Assert.Equal((int)GrpcStatusCode.ResourceExhausted, await StatusAsync(fixture, "renewed"));
        await fixture.ServerMetrics.WaitForAsync(AgentsRefused, 1, ("reason", "too_many_connections"));
        var line = await Audit.WaitForAsync(("event", "agent"), ("result", "too_many_connections"));
        Assert.Contains("--agent-max-connections", AuditFile.Text(line, "detail"), StringComparison.Ordinal);
        await ShouldBeSeenAsync(fixture);
        await using (var other = await OpenAsync(fixture))
        {
            await other.SendAsync(Connect(1, "modest"));
            Assert.NotNull(await other.ReadUntilAsync(static f => f is { Type: RawFrame.Headers, EndsStream: false }));
        }

        await held[0].DisposeAsync();
        await Eventually.ObserveAsync(async () =>
        {
            await using var again = await OpenAsync(fixture);
            await again.SendAsync(Connect(1, "renewed"));
            return await again.ReadUntilAsync(static f => f.Type == RawFrame.Headers) is { EndsStream: false };
        });
        foreach (var http in held)
        {
            await http.DisposeAsync();
        }
    }

    [Fact]
    public async Task Connection_OnWhichNoTokenIsGood_IsCut_WhateverIsSaidOnIt()
    {
        var time = new ManualTime();
        await using var api = await TestApiServer.StartAsync();
        api.AddToken("good");
        var fixture = await StartWithTokensAsync(api, static o => o, time);
        await using var agent = await OpenAsync(fixture);
        await agent.SendAsync(Connect(1, "good"));
        Assert.NotNull(await agent.ReadUntilAsync(static f => f is { Type: RawFrame.Headers, EndsStream: false }));
        await using var stranger = await OpenAsync(fixture);
        await stranger.SendAsync(Connect(1, "invented"));
        Assert.Equal((int)GrpcStatusCode.Unauthenticated, await stranger.ReadStatusAsync(1));

        time.Advance(TokenConnections.Patience);

        Assert.Null(await stranger.ReadUntilAsync(static _ => false));
        await fixture.ServerMetrics.WaitForAsync(AgentsRefused, 1, ("reason", "not_in_time"));
        await Audit.WaitForAsync(("event", "agent"), ("result", "not_in_time"));
        await ShouldBeSeenAsync(fixture);
        Assert.Single(fixture.Server.Agents.Tunnels);
    }

    [Fact]
    public async Task InventedTokens_CauseNoMoreReviewsThanHandshakes_AndWhoIsKnownGoesOn()
    {
        const int Rate = 20;
        var time = new ManualTime();
        await using var api = await TestApiServer.StartAsync();
        api.AddToken("good");
        var fixture = await StartWithTokensAsync(api, static o => o with { AgentHandshakeRate = Rate }, time);
        await using var http = await OpenAsync(fixture);
        await http.SendAsync(Connect(1, "good"));
        Assert.NotNull(await http.ReadUntilAsync(static f => f is { Type: RawFrame.Headers, EndsStream: false }));

        const int Invented = 300;
        for (var stream = 3; stream < 3 + (2 * Invented); stream += 2)
        {
            await http.SendAsync([.. Connect(stream, $"invented-{stream}"), .. RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, stream, [])]);
            Assert.NotNull(await http.ReadUntilAsync(f => f.StreamId == stream && f.EndsStream));
        }

        Assert.InRange(api.Reviews(), 1, Rate + 1);
        var unknown = await fixture.ServerMetrics.ValueAsync(AgentsRefused, ("reason", "token_rejected"));
        Assert.InRange(unknown, 1, Rate);
        await fixture.ServerMetrics.WaitForAsync(AgentsRefused, Invented - unknown, ("reason", "token_unavailable"));
        await ShouldBeSeenAsync(fixture);

        // The clock stood still: a second's lines, however many calls there were.
        Assert.Equal(LineRate.PerSecond, Lines(fixture));
        time.Advance(TimeSpan.FromSeconds(1));
        await http.SendAsync(RawHttp2.Call(3 + (2 * Invented), "/AgentService/Connect", ("agentid", "a1")));
        Assert.NotNull(await http.ReadUntilAsync(static f => f.StreamId == 3 + (2 * Invented) && f.EndsStream));
        var leftOut = await fixture.Log.Log.WaitForAsync("LinesLeftOut").DefaultTimeout();
        Assert.Equal((long)Invented - LineRate.PerSecond, leftOut.Values["Count"]);
        Assert.Equal(LineRate.PerSecond + 1, Lines(fixture));

        // Its answer has run out by now, and it is asked about again.
        time.Advance(TimeSpan.FromSeconds(11));
        await http.SendAsync(Connect((2 * Invented) + 5, "good"));
        Assert.NotNull(await http.ReadUntilAsync(static f => f is { Type: RawFrame.Headers, StreamId: (2 * Invented) + 5, EndsStream: false }));
    }

    private static int Lines(TunnelFixture fixture) => fixture.Log.Records.Count(static r => r.EventName == "AgentIdentityRefused");

    private static byte[] Connect(int streamId, string token) =>
        RawHttp2.Call(streamId, "/AgentService/Connect", ("agentid", "a1"), ("authorization", $"Bearer {token}"));

    private static async Task<RawHttp2> OpenAsync(TunnelFixture fixture) =>
        await RawHttp2.StartAsync(await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, null, "h2"));

    private static async Task<int> StatusAsync(TunnelFixture fixture, string token)
    {
        await using var http = await OpenAsync(fixture);
        await http.SendAsync(Connect(1, token));
        return await http.ReadStatusAsync(1);
    }

    private Task<TunnelFixture> StartWithTokensAsync(TestApiServer api, Func<ServerOptions, ServerOptions> server, TimeProvider? time = null)
    {
        Own(Audit);
        return StartAsync(new() { Agents = 0, Time = time ?? TimeProvider.System, Server = o => server(Audit.Use(api.WithTokens(o))) });
    }

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
