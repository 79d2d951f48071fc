using System.Text.Json.Nodes;

namespace ClusterProxy.Interop.Tests.Peers;

/// <summary>The peers among themselves: what later tests hold against our programs must at least hold without them.</summary>
[Collection(nameof(NodePeers))]
public sealed class NodePeerTests : IDisposable
{
    private const int Megabyte = 1024 * 1024;
    private readonly TestCertificates _certificates = new();
    private readonly TemporaryDirectory _directory = new();

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Peers_MegabyteThroughEcho_ComesBackUnchanged(bool unixSocket)
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        var (server, frontend, agent) = await StartAsync(unixSocket);
        await using var stopServer = server;
        await using var stopFrontend = frontend;
        await using var stopAgent = agent;

        var dialed = await frontend.AskAsync(new { cmd = "dial", stream = "a", address = echo.Address }, "dialed");
        Assert.Equal("", Text(dialed, "error"));
        var sent = await frontend.AskAsync(new { cmd = "send", stream = "a", bytes = Megabyte }, "sent");
        var received = await frontend.AskAsync(new { cmd = "expect", stream = "a", bytes = Megabyte }, "received");
        Assert.Equal(Megabyte, received["bytes"]!.GetValue<int>());
        Assert.Equal(Text(sent, "sha256"), Text(received, "sha256"));
        Assert.Equal("", Text(await frontend.AskAsync(new { cmd = "close", stream = "a" }, "closed"), "error"));
        await echo.Open.WaitForAsync(0).DefaultTimeout();

        var stats = await server.AskAsync(new { cmd = "stats" }, "stats");
        Assert.Equal(0, stats["connections"]!.GetValue<int>());
        Assert.Equal(0, stats["pending"]!.GetValue<int>());
    }

    [SkippableFact]
    public async Task Peers_FiftyConnectionsAtOnce_EachGetsItsOwnBytes()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        var (server, frontend, agent) = await StartAsync(unixSocket: true);
        await using var stopServer = server;
        await using var stopFrontend = frontend;
        await using var stopAgent = agent;

        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            var name = $"c{i}";
            bool IsMine(JsonNode e) => Text(e, "stream") == name;
            await frontend.AskAsync(new { cmd = "dial", stream = name, address = echo.Address }, "dialed", IsMine);
            var sent = await frontend.AskAsync(new { cmd = "send", stream = name, bytes = 100_000 }, "sent", IsMine);
            var received = await frontend.AskAsync(new { cmd = "expect", stream = name, bytes = 100_000 }, "received", IsMine);
            Assert.Equal(Text(sent, "sha256"), Text(received, "sha256"));
            await frontend.AskAsync(new { cmd = "close", stream = name }, "closed", IsMine);
        }));

        await echo.Open.WaitForAsync(0).DefaultTimeout();
        Assert.DoesNotContain(agent.Process.Lines, l => l.IsError);
        Assert.DoesNotContain(server.Process.Lines, l => l.IsError);
    }

    [SkippableFact]
    public async Task Peers_RefusingTarget_AnswersInGoWords()
    {
        NodeFixture.SkipIfMissing();
        using var refusing = new RefusingPort();
        var (server, frontend, agent) = await StartAsync(unixSocket: true);
        await using var stopServer = server;
        await using var stopFrontend = frontend;
        await using var stopAgent = agent;

        var dialed = await frontend.AskAsync(new { cmd = "dial", stream = "a", address = refusing.Address }, "dialed");

        Assert.Equal($"dial tcp {refusing.Address}: connect: connection refused", Text(dialed, "error"));
        Assert.Equal("0", Text(dialed, "connectID"));
    }

    [SkippableFact]
    public async Task Peers_AgentThatEnds_ClosesTheFrontendsConnection()
    {
        NodeFixture.SkipIfMissing();
        await using var greeter = new ServerFirstTarget("hello");
        var (server, frontend, agent) = await StartAsync(unixSocket: true);
        await using var stopServer = server;
        await using var stopFrontend = frontend;
        await using var stopAgent = agent;

        await frontend.AskAsync(new { cmd = "dial", stream = "a", address = greeter.Address }, "dialed");
        var received = await frontend.AskAsync(new { cmd = "expect", stream = "a", bytes = 5 }, "received");
        Assert.Equal("hello", Text(received, "text"));
        await agent.SendAsync(new { cmd = "end" });

        await server.ExpectAsync("agentEnded");
        Assert.Equal("", Text(await frontend.ExpectAsync("closed"), "error"));
        await greeter.Open.WaitForAsync(0).DefaultTimeout();
    }

    [SkippableFact]
    public async Task Agent_ThatNeverAnswersDials_LeavesThemPending()
    {
        NodeFixture.SkipIfMissing();
        var (server, frontend, agent) = await StartAsync(unixSocket: true);
        await using var stopServer = server;
        await using var stopFrontend = frontend;
        await using var stopAgent = agent;
        await agent.AskAsync(new { cmd = "set", neverAnswerDials = true }, "switched");

        await frontend.SendAsync(new { cmd = "dial", stream = "a", address = "127.0.0.1:1", random = "42" });

        var dial = await agent.ExpectAsync("dial");
        Assert.Equal("42", Text(dial, "random"));
        Assert.Equal(1, (await server.AskAsync(new { cmd = "stats" }, "stats"))["pending"]!.GetValue<int>());
        await frontend.SendAsync(new { cmd = "cancel", stream = "a" });
        Assert.Equal(1, (await frontend.ExpectAsync("status"))["code"]!.GetValue<int>());
        await server.ExpectAsync("frontendEnded");
        Assert.Equal(0, (await server.AskAsync(new { cmd = "stats" }, "stats"))["pending"]!.GetValue<int>());
    }

    [SkippableFact]
    public async Task Server_Scripted_LeavesEveryPacketToTheTest()
    {
        NodeFixture.SkipIfMissing();
        var socket = _directory.File("f.sock");
        var (server, _) = await NodePeer.StartServerAsync("--frontend-listen", $"unix:{socket}", "--scripted");
        await using var stopServer = server;
        await using var frontend = await NodePeer.StartFrontendAsync($"unix:{socket}");

        await frontend.SendAsync(new { cmd = "dial", stream = "a", address = "x:1", random = "7" });
        var dial = await server.ExpectAsync("fromFrontend");
        Assert.Equal("x:1", dial["packet"]!["dialRequest"]!["address"]!.GetValue<string>());
        await server.SendAsync(new
        {
            cmd = "toFrontend",
            stream = Text(dial, "stream"),
            packet = new { type = "DIAL_RSP", dialResponse = new { random = "7", error = "scripted" } },
        });

        Assert.Equal("scripted", Text(await frontend.ExpectAsync("dialed"), "error"));
    }

    [SkippableTheory]
    [InlineData("""{"type":64,"closeRequest":{"connectID":"1"}}""", "type 64 is not for this peer")]
    [InlineData("""{"type":"DIAL_REQ","dialRequest":{"random":"7"}}""", "DIAL_REQ is not for this peer")]
    [InlineData("""{"type":"DIAL_RSP","dialResponse":{"random":"7","features":"half-close"}}""", "field 64 in DIAL_RSP")]
    [InlineData("""{"type":"DATA","data":{"connectID":"1"}}""", "DATA without bytes")]
    [InlineData("""{"type":"CLOSE_RSP","closeRequest":{"connectID":"1"}}""", "CLOSE_RSP with the payload of CLOSE_REQ")]
    public async Task Peer_PacketBeyondUpstreamsWire_IsTold(string packet, string what)
    {
        NodeFixture.SkipIfMissing();
        var socket = _directory.File("f.sock");
        var (server, _) = await NodePeer.StartServerAsync("--frontend-listen", $"unix:{socket}", "--scripted");
        await using var stopServer = server;
        await using var frontend = await NodePeer.StartFrontendAsync($"unix:{socket}");
        await frontend.SendAsync(new { cmd = "dial", stream = "a", address = "x:1", random = "7" });
        var dial = await server.ExpectAsync("fromFrontend");

        await server.SendAsync(new { cmd = "toFrontend", stream = Text(dial, "stream"), packet = JsonNode.Parse(packet) });

        Assert.Equal(what, Text(await frontend.ExpectAsync("violation"), "what"));
        frontend.VerifyWire();
    }

    [SkippableFact]
    public async Task Peer_UnknownCommand_FailsTheWaitAtOnce()
    {
        NodeFixture.SkipIfMissing();
        await using var frontend = await NodePeer.StartFrontendAsync("127.0.0.1:1");

        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => frontend.AskAsync(new { cmd = "dance" }, "danced"));

        Assert.Contains("unknown command dance", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _certificates.Dispose();
        _directory.Dispose();
    }

    private static string Text(JsonNode @event, string name) => @event[name]!.GetValue<string>();

    private async Task<(NodePeer Server, NodePeer Frontend, NodePeer Agent)> StartAsync(bool unixSocket)
    {
        var serving = _certificates.Server();
        var socket = _directory.File("f.sock");
        var (server, listening) = await NodePeer.StartServerAsync([
            "--agent-listen", "127.0.0.1:0", .. NodePeer.Tls("agent-", serving, _certificates.AuthorityFile),
            "--frontend-listen", unixSocket ? $"unix:{socket}" : "127.0.0.1:0",
            .. unixSocket ? [] : NodePeer.Tls("frontend-", serving, _certificates.AuthorityFile),
            "--server-id", "s1",
        ]);
        var agent = await NodePeer.StartAgentAsync(
            $"127.0.0.1:{listening["agentPort"]}", _certificates.Client("agent"), _certificates.AuthorityFile, "--agent-id", "a1");
        var connected = await agent.ExpectAsync("connected");
        Assert.Equal("s1", Text(connected["headers"]!, "serverid"));
        await server.ExpectAsync("agent", e => Text(e["metadata"]!, "agentid") == "a1");
        var frontend = unixSocket
            ? await NodePeer.StartFrontendAsync($"unix:{socket}")
            : await NodePeer.StartFrontendAsync(
                $"127.0.0.1:{listening["frontendPort"]}", _certificates.Client("frontend"), _certificates.AuthorityFile);
        return (server, frontend, agent);
    }
}
