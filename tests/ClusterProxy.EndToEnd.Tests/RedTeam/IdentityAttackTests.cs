using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server;
using ClusterProxy.Server.Agents.Tokens;
using ClusterProxy.Testing.KubernetesApi;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Strangers, and those who are somebody else than they say. Certificates that do not open a port at all: ClientCertificateTests, PlaneTests.</summary>
public sealed class IdentityAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const string Refused = "clusterproxy_server_agents_refused_total";

    [Theory]
    [InlineData("agent", "untrusted")]
    [InlineData("frontend", "untrusted")]
    [InlineData("agent", "missing")]
    [InlineData("frontend", "missing")]
    public Task Handshake_OfAStranger_IsAudited(string plane, string reason) => AttackAsync(async fixture =>
    {
        var (port, trusted) = plane == "agent"
            ? (fixture.Server.AgentPort, fixture.AgentPlane)
            : (fixture.Server.FrontendPort, fixture.FrontendPlane);
        var stranger = reason == "missing" ? null : Own(new TestCertificates("nobody's")).Client("stranger", "spiffe://hub/cluster/alpha");
        try
        {
            await using var stream = await Sockets.ConnectTlsAsync(port, trusted, stranger, "h2");
            Assert.Equal(0, await stream.ReadAsync(new byte[1]).DefaultTimeout());
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            // Refused, in one way or the other.
        }

        var line = await Audit.WaitForAsync(("event", "handshake"), ("plane", plane), ("result", reason));
        Assert.StartsWith("127.0.0.1:", line.GetProperty("peer").GetString(), StringComparison.Ordinal);
        Assert.Equal(stranger is not null, AuditFile.Text(line, "subject").Contains("stranger", StringComparison.Ordinal));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", reason));
    });

    [Fact]
    public Task LaneToken_Guessed_OpensNothing() => AttackAsync(async fixture =>
    {
        for (var i = 0; i < 10; i++)
        {
            await using var tls = await Sockets.ConnectTlsAsync(
                fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("thief"), LaneProtocol.Alpn.ToString());
            var refusal = await LaneHandshake.OpenAsync(
                new PacketReader(LaneProtocol.CreateInput(tls)), LaneProtocol.CreateOutput(tls),
                i == 0 ? "" : $"{i:x32}", CancellationToken.None).DefaultTimeout();
            Assert.Contains("no tunnel with that token", refusal, StringComparison.Ordinal);
        }

        await fixture.Log.Log.WaitForAsync("LaneRefused").DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.LanesRefused, 10, ("plane", "agent"));
        Assert.All(fixture.Server.Agents.Tunnels, static t => Assert.InRange(t.Lanes.Count, 0, 2));
    });

    [Fact]
    public Task Frontend_OnTheAgentPort_AndTheReverse_AreUnimplemented() => AttackAsync(async fixture =>
    {
        foreach (var (port, plane, method) in ((int, TestCertificates, string)[])[
            (fixture.Server.AgentPort, fixture.AgentPlane, "/ProxyService/Proxy"),
            (fixture.Server.FrontendPort, fixture.FrontendPlane, "/AgentService/Connect")])
        {
            await using var http = await RawHttp2.StartAsync(await Sockets.ConnectTlsAsync(port, plane, plane.Client(), "h2"));
            await http.SendAsync([.. RawHttp2.Call(1, method, ("agentid", "a1")), .. RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, 1, [])]);
            Assert.Equal((int)GrpcStatusCode.Unimplemented, await http.ReadStatusAsync(1));
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.RequestsRefused, 2, ("protocol", "grpc"), ("status", "Unimplemented"));
        await fixture.Log.Log.WaitForAsync("CallRefused").DefaultTimeout();
    });

    [Theory]
    [InlineData("other-audience", "token_rejected")]
    [InlineData("other-account", "wrong_account")]
    [InlineData("nobodys", "token_rejected")]
    [InlineData("", "no_token")]
    public async Task Token_OfAnotherAudienceOrAccount_LetsNobodyIn(string token, string reason)
    {
        await using var api = await TestApiServer.StartAsync();
        api.Api.Tokens["other-audience"] = ApiUser.ServiceAccount("ns", "agent", "elsewhere");
        api.Api.Tokens["other-account"] = ApiUser.ServiceAccount("ns", "thief", TestApiServer.Audience);
        Own(Audit);
        var fixture = await StartAsync(new() { Agents = 0, Server = o => Audit.Use(api.WithTokens(o)) });
        await using var http = await RawHttp2.StartAsync(await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, null, "h2"));
        (string, string)[] metadata = token.Length > 0 ? [("agentid", "a1"), ("authorization", $"Bearer {token}")] : [("agentid", "a1")];

        await http.SendAsync(RawHttp2.Call(1, "/AgentService/Connect", metadata));

        Assert.Equal((int)GrpcStatusCode.Unauthenticated, await http.ReadStatusAsync(1));
        await fixture.ServerMetrics.WaitForAsync(Refused, 1, ("reason", reason));
        await Audit.WaitForAsync(("event", "agent"), ("plane", "agent"), ("result", reason));
        await ShouldBeSeenAsync(fixture);
        Assert.DoesNotContain(Audit.Lines, l => token.Length > 0 && l.GetRawText().Contains(token, StringComparison.Ordinal));
        Assert.Empty(fixture.Server.Agents.Tunnels);
    }

    [Theory]
    [InlineData("mine", "host=node-8", "foreign_identifier")]
    [InlineData("mine", "host=node-7&default-route=true", "foreign_identifier")]
    [InlineData("unbound", "host=node-7", "missing_claim")]
    public async Task Token_OfAnotherNode_DoesNotAnnounceThisOne(string token, string identifiers, string reason)
    {
        await using var api = await TestApiServer.StartAsync();
        api.AddToken("mine");
        api.Api.Tokens["unbound"] = ApiUser.ServiceAccount("ns", "agent", TestApiServer.Audience);
        Own(Audit);
        Assert.True(TokenBinding.TryParse("host={node}", out var binding));
        var fixture = await StartAsync(new() { Agents = 0, Server = o => Audit.Use(api.WithTokens(o)) with { AgentTokenIdentifiers = binding } });
        await using var http = await RawHttp2.StartAsync(await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, null, "h2"));

        await http.SendAsync(RawHttp2.Call(
            1, "/AgentService/Connect", [("agentid", "a1"), ("authorization", $"Bearer {token}"), ("agentidentifiers", identifiers)]));

        Assert.Equal((int)GrpcStatusCode.PermissionDenied, await http.ReadStatusAsync(1));
        await fixture.ServerMetrics.WaitForAsync(Refused, 1, ("reason", reason));
        await Audit.WaitForAsync(("event", "agent"), ("plane", "agent"), ("result", reason));
        await ShouldBeSeenAsync(fixture);
        Assert.Empty(fixture.Server.Agents.Tunnels);
    }

    [Theory]
    [InlineData("beta", "host=alpha", "foreign_identifier")]
    [InlineData("beta", "host=beta&default-route=true", "foreign_identifier")]
    [InlineData("beta", "ipv4=10.0.0.1", "foreign_identifier")]
    [InlineData("other-account", "host=alpha", "wrong_account")]
    [InlineData("anothers-account", "host=alpha", "wrong_account")]
    public async Task Token_OfAnotherCluster_DoesNotAnnounceThisOne(string token, string identifiers, string reason)
    {
        await using var api = await TestApiServer.StartAsync();
        api.AddClusterToken("beta", "beta");
        api.Api.Tokens["other-account"] = ApiUser.ServiceAccount("alpha", "default", TestApiServer.Audience);
        api.Api.Tokens["anothers-account"] = ApiUser.ServiceAccount("beta", "alpha-cluster-proxy-agent", TestApiServer.Audience);
        Own(Audit);
        var fixture = await StartAsync(new() { Agents = 0, Server = o => Audit.Use(api.WithClusterTokens(o)) });
        await using var http = await RawHttp2.StartAsync(await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, null, "h2"));

        await http.SendAsync(RawHttp2.Call(
            1, "/AgentService/Connect", [("agentid", "a1"), ("authorization", $"Bearer {token}"), ("agentidentifiers", identifiers)]));

        var expected = reason == "wrong_account" ? GrpcStatusCode.Unauthenticated : GrpcStatusCode.PermissionDenied;
        Assert.Equal((int)expected, await http.ReadStatusAsync(1));
        await fixture.ServerMetrics.WaitForAsync(Refused, 1, ("reason", reason));
        await Audit.WaitForAsync(("event", "agent"), ("plane", "agent"), ("result", reason));
        await ShouldBeSeenAsync(fixture);
        Assert.Empty(fixture.Server.Agents.Tunnels);
    }

    [Theory]
    [InlineData("agentid: two of them", "a1", "a2", "")]
    [InlineData("identifiers that do not parse", "a1", null, "host=a;host=b")]
    [InlineData("identifiers with an escaped line break", "a1", null, "host=%zz")]
    public Task Metadata_ThatIsAmbiguous_IsRefused_Counted_AndAudited(string what, string id, string? secondId, string identifiers) =>
        AttackAsync(async fixture =>
        {
            Output.WriteLine(what);
            await using var http = await RawHttp2.StartAsync(
                await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("liar"), "h2"));
            (string, string)[] metadata = [("agentid", id), .. secondId is null ? ((string, string)[])[] : [("agentid", secondId)], ("agentidentifiers", identifiers)];

            await http.SendAsync(RawHttp2.Call(1, "/AgentService/Connect", metadata));

            Assert.Equal((int)GrpcStatusCode.Unknown, await http.ReadStatusAsync(1));
            await fixture.ServerMetrics.WaitForAsync(Refused, 1, ("reason", "bad_metadata"));
            var line = await Audit.WaitForAsync(("event", "agent"), ("result", "bad_metadata"));
            Assert.Equal("""["cn:liar"]""", line.GetProperty("subject").GetRawText());
        });

    [Fact]
    public void FrontendPort_WithoutAuthority_DoesNotStart()
    {
        var (certificates, frontends) = (Own(new TestCertificates()), Own(new TestCertificates()));
        var flags = LoopbackPrograms.Server(certificates, frontends);
        flags.Remove("server-ca-cert");

        var start = ProxyServerFlags.Parse([.. flags.Select(static f => $"--{f.Key}={f.Value}")], static _ => null);

        Assert.False(start.ShouldRun);
        NothingIsSeen("the server does not run, and says why");
        Assert.Contains("--server-ca-cert", start.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void AgentPort_WithoutAuthentication_DoesNotStart()
    {
        var (certificates, frontends) = (Own(new TestCertificates()), Own(new TestCertificates()));
        var flags = LoopbackPrograms.Server(certificates, frontends);
        flags.Remove("cluster-ca-cert");
        flags.Remove("agent-identity");

        var start = ProxyServerFlags.Parse([.. flags.Select(static f => $"--{f.Key}={f.Value}")], static _ => null);

        Assert.False(start.ShouldRun);
        NothingIsSeen("the server does not run, and says why");
        Assert.Contains("--cluster-ca-cert", start.Text, StringComparison.Ordinal);
        Assert.Contains("--insecure-agent-port", start.Text, StringComparison.Ordinal);
    }
}
