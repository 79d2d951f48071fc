using System.Text;
using System.Text.Json;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Audit;

/// <summary>What a server writes about its frontends.</summary>
public sealed class AuditTests : IDisposable
{
    private const string Parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    private readonly AuditedServer _audit = new();

    public void Dispose() => _audit.Dispose();

    [Fact]
    public async Task Grpc_DialAndClose_AreALineEach_WithWhoWhatAndHowMuch()
    {
        await using var server = await _audit.StartAsync(
            static o => o with { AgentIdentity = AgentIdentityMode.Certificate, ProxyStrategies = [ProxyStrategy.DestHost] }, tcp: true);
        server.AgentCertificate = server.AgentCertificates.Client("a", "spiffe://hub/cluster/alpha");
        var agent = await server.ConnectAgentAsync("agent-7", "host=alpha");
        await using var call = await server.CallFrontendAsync("/ProxyService/Proxy", new KeyValuePair<string, string>("traceparent", Parent));
        await using var frontend = new ScriptedPeer(call);
        var accepted = agent.AcceptAsync(1);
        var id = await frontend.DialAsync("alpha:443");
        await accepted;
        await frontend.SendDataAsync(id, new byte[300]);
        await agent.HearAsync(PacketType.Data);
        await agent.SendDataAsync(1, new byte[1000]);
        await frontend.HearAsync(PacketType.Data);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await frontend.HearAsync(PacketType.CloseRsp);

        var dial = await _audit.WaitForAsync("dial");
        var close = await _audit.WaitForAsync("close");

        foreach (var line in (JsonElement[])[dial, close])
        {
            Assert.Equal(["cn:client"], AuditedServer.Subject(line));
            Assert.Equal("server-under-test", AuditedServer.Text(line, "server"));
            Assert.Equal("grpc", AuditedServer.Text(line, "frontend"));
            Assert.StartsWith("127.0.0.1:", AuditedServer.Text(line, "peer"), StringComparison.Ordinal);
            Assert.Equal("alpha:443", AuditedServer.Text(line, "target"));
            Assert.Equal("alpha", AuditedServer.Text(line, "cluster"));
            Assert.Equal("agent-7", AuditedServer.Text(line, "agent"));
            Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", AuditedServer.Text(line, "trace"));
            Assert.Matches("^[0-9a-f]{16}$", AuditedServer.Text(line, "connection"));
            Assert.True(line.GetProperty("durationMs").GetDouble() >= 0);
            Assert.Equal(DateTimeKind.Utc, line.GetProperty("time").GetDateTime().Kind);
        }

        Assert.Equal(AuditedServer.Text(dial, "connection"), AuditedServer.Text(close, "connection"));
        Assert.Equal("connected", AuditedServer.Text(dial, "result"));
        Assert.Equal("target_closed", AuditedServer.Text(close, "reason"));
        Assert.Equal("300", AuditedServer.Text(close, "bytesToTarget"));
        Assert.Equal("1000", AuditedServer.Text(close, "bytesToFrontend"));
        var log = await server.Log.Log.WaitForAsync("ConnectionClosed").DefaultTimeout();
        Assert.Equal(AuditedServer.Text(dial, "connection"), log.Values["ConnectionId"]);
    }

    [SkippableFact]
    public async Task Connect_DialAndClose_AreALineEach_AndNeitherBytesNorHeadersAreInThem()
    {
        Skip.IfNot(OperatingSystem.IsLinux(), "peer credentials are Linux's");
        await using var server = await _audit.StartAsync(static o => o with { Mode = FrontendMode.HttpConnect });
        var agent = await server.ConnectAgentAsync();
        await using (var client = await server.DialFrontendAsync())
        {
            var accepted = agent.AcceptAsync(1);
            await client.SendAsync(
                $"CONNECT target:1 HTTP/1.1\r\nHost: h\r\nTraceParent: {Parent}\r\nAuthorization: Bearer hunter2\r\n\r\nGET /secret");
            await accepted;
            await client.ReadTextAsync(RawHttp.Established.Length);
            await agent.HearAsync(PacketType.Data);
            await agent.SendDataAsync(1, Encoding.ASCII.GetBytes("top-secret"));
            await client.ReadTextAsync("top-secret".Length);
        }

        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        var close = await _audit.WaitForAsync("close");
        var dial = await _audit.WaitForAsync("dial");

        Assert.Equal("http-connect", AuditedServer.Text(dial, "frontend"));
        Assert.Equal("unix", AuditedServer.Text(dial, "peer"));
        Assert.Contains(AuditedServer.Subject(dial), static s => s.StartsWith("uid:", StringComparison.Ordinal));
        Assert.Contains(AuditedServer.Subject(dial), static s => s.StartsWith("gid:", StringComparison.Ordinal));
        Assert.Equal("4bf92f3577b34da6a3ce929d0e0e4736", AuditedServer.Text(dial, "trace"));
        Assert.Equal("frontend_closed", AuditedServer.Text(close, "reason"));
        Assert.Equal(("11", "10"), (AuditedServer.Text(close, "bytesToTarget"), AuditedServer.Text(close, "bytesToFrontend")));
        var all = string.Concat(_audit.Lines().Select(static l => l.GetRawText())) + string.Concat(server.Log.Records);
        Assert.DoesNotContain("hunter2", all, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", all, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dial_ThatThePolicyDenies_IsALine(bool connect)
    {
        var policy = _audit.Write("policy.yaml", "rules: []");
        await using var server = await _audit.StartAsync(o => o with { Mode = FrontendMode.Auto, FrontendPolicy = policy });
        await using var client = await DialAsync(server, connect, "target:1");

        var line = await _audit.WaitForAsync("dial");

        Assert.Equal("denied", AuditedServer.Text(line, "result"));
        Assert.Equal("target:1", AuditedServer.Text(line, "target"));
        Assert.Null(AuditedServer.Text(line, "agent"));
        Assert.DoesNotContain(_audit.Lines(), static l => AuditedServer.Text(l, "event") == "close");
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dial_WithoutAnAgent_IsALine(bool connect)
    {
        await using var server = await _audit.StartAsync(static o => o with { Mode = FrontendMode.Auto });
        await using var client = await DialAsync(server, connect, "target:1");

        Assert.Equal("no_agent", AuditedServer.Text(await _audit.WaitForAsync("dial"), "result"));
    }

    [Fact]
    public async Task Request_ThatIsNoConnect_IsALine()
    {
        await using var server = await _audit.StartAsync(static o => o with { Mode = FrontendMode.HttpConnect });
        await using var client = await server.DialFrontendAsync();
        await client.SendAsync("GET /secret HTTP/1.1\r\n\r\n");
        await client.ReadRefusalAsync();

        var line = await _audit.WaitForAsync("request");

        Assert.Equal("405", AuditedServer.Text(line, "result"));
        Assert.DoesNotContain("secret", line.GetRawText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Identities_ThatAreRefused_AreALineEach()
    {
        await using var server = await _audit.StartAsync(static o => o with { AgentIdentity = AgentIdentityMode.Certificate }, tcp: true);
        server.AgentCertificate = server.AgentCertificates.Client("nobody");
        await using (var call = await server.CallAgentPortAsync([new("agentid", "a")]))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout());
        }

        server.AgentCertificate = server.FrontendCertificates.Client("thief");
        await Assert.ThrowsAnyAsync<Exception>(() => server.ConnectAgentAsync());

        var agent = await _audit.WaitForAsync("agent");
        Assert.Equal("no_cluster", AuditedServer.Text(agent, "result"));
        Assert.Equal(["cn:nobody"], AuditedServer.Subject(agent));
        var handshake = await _audit.WaitForAsync("handshake");
        Assert.Equal(("agent", "untrusted"), (AuditedServer.Text(handshake, "plane"), AuditedServer.Text(handshake, "result")));
        Assert.Contains("CN=thief", AuditedServer.Subject(handshake));
    }

    [Fact]
    public async Task Target_OfMegabytesAndEscapes_IsShortAndOneLine_InAuditAndLog()
    {
        await using var server = await _audit.StartAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "a\r\n\u001b[2J" + new string('x', 1 << 20), 7));
        await frontend.HearAsync(PacketType.DialRsp);

        Assert.InRange((await _audit.WaitForAsync("dial")).GetRawText().Length, 1, 2000);
        var log = await server.Log.Log.WaitForAsync("DialFailed").DefaultTimeout();
        Assert.InRange(log.Message.Length, 1, 1000);
        Assert.DoesNotContain(log.Message, char.IsControl);
    }

    [Fact]
    public async Task Shutdown_WritesWhatIsQueued_AndTheConnectionsThatItEnds()
    {
        await using (var server = await _audit.StartAsync(static o => o with { GracefulShutdownTimeout = TimeSpan.FromMilliseconds(1) }))
        {
            var agent = await server.ConnectAgentAsync();
            var frontend = await server.OpenFrontendAsync();
            var accepted = agent.AcceptAsync(1);
            await frontend.DialAsync();
            await accepted;
            await server.Host.ShutdownAsync().DefaultTimeout();
        }

        Assert.Equal("shutting_down", AuditedServer.Text(_audit.Lines().Single(static l => AuditedServer.Text(l, "event") == "close"), "reason"));
    }

    private static async Task<IAsyncDisposable> DialAsync(TestServer server, bool connect, string target)
    {
        if (connect)
        {
            var client = await server.DialFrontendAsync();
            await client.SendAsync($"CONNECT {target} HTTP/1.1\r\n\r\n");
            await client.ReadRefusalAsync();
            return client;
        }

        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", target, 7));
        Assert.NotEqual("", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        return frontend;
    }
}
