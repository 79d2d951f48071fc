using System.Net;
using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Misbehaving;

/// <summary>An agent that breaks the rules beside one that keeps them: the first is contained, the second notices nothing.</summary>
[Collection(nameof(NodePeers))]
public sealed class AgentTests(ServerFixture fixture) : IClassFixture<ServerFixture>
{
    private const string BadHost = "127.0.0.2";
    private const string GoodHost = "127.0.0.1";
    private const string Failures = "dial_failure_count";

    private ServerProgram Server => fixture.Server;

    [SkippableFact]
    public async Task Agent_ThatNeverAnswersDials_CostsThemTheirDeadline()
    {
        NodeFixture.SkipIfMissing();
        await using var bad = await StartAsync("bad", BadHost);
        await bad.SetAsync(new { cmd = "set", neverAnswerDials = true });
        await using var frontend = await StartFrontendAsync();
        var before = await FailuresAsync("backend_dial_timeout");

        var dials = Task.WhenAll(Enumerable.Range(0, 3).Select(
            _ => Assert.ThrowsAsync<DialRefusedException>(() => frontend.DialAsync($"{BadHost}:1"))));
        await Server.WaitForMetricAsync(3, "pending_backend_dials");

        Assert.All(await dials, e => Assert.Equal("timed out waiting for backend dial", e.Message));
        await Server.WaitUntilIdleAsync();
        Assert.Equal(before + 3, await FailuresAsync("backend_dial_timeout"));
        await VerifyAsync(bad, frontend);
    }

    [SkippableFact]
    public async Task Agent_ThatAnswersTwice_HasItsSecondAnswerIgnored()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget(IPAddress.Parse(BadHost));
        await using var bad = await StartAsync("bad", BadHost);
        await bad.SetAsync(new { cmd = "set", answerTwice = true });
        await using var frontend = await StartFrontendAsync();
        var before = await FailuresAsync("unrecognized_response");

        var connection = await frontend.DialAsync(echo.Address);

        await Server.WaitForMetricAsync(before + 1, Failures, ("reason", "unrecognized_response"));
        await EchoAsync(connection, 100_000);
        await Server.WaitUntilIdleAsync();
        await VerifyAsync(bad, frontend);
    }

    [SkippableFact]
    public async Task Agent_DataForAnUnknownId_IsAnsweredByCloseRequest()
    {
        NodeFixture.SkipIfMissing();
        await using var bad = await StartAsync("bad", BadHost, "--packets");

        await bad.Peer.SendAsync(new { cmd = "unknownData", connectID = 4711 });
        await bad.Peer.SendAsync(new { cmd = "unknownData", connectID = 0 });
        await bad.Peer.SendAsync(new { cmd = "unknownData", connectID = 4712 });

        foreach (var id in new[] { "4711", "4712" })
        {
            var packet = (await bad.Peer.ExpectAsync("packet"))["packet"]!;
            Assert.Equal("CLOSE_REQ", packet.Text("type"));
            Assert.Equal(id, packet["closeRequest"]!.Text("connectID"));
        }

        await VerifyAsync(bad);
    }

    [SkippableFact]
    public async Task Agent_ThatAnswersAnothersDial_IsNotBelieved()
    {
        NodeFixture.SkipIfMissing();
        await using var dialed = await StartAsync("dialed", BadHost);
        await dialed.SetAsync(new { cmd = "set", neverAnswerDials = true });
        await using var liar = await StartAsync("liar", GoodHost, "--packets");
        await using var frontend = await StartFrontendAsync();
        var before = await FailuresAsync("unrecognized_response");

        var dial = frontend.DialAsync($"{BadHost}:1");
        var random = (await dialed.Peer.ExpectAsync("dial")).Text("random");
        await liar.Peer.SendAsync(new { cmd = "packet", packet = new { type = "DIAL_RSP", dialResponse = new { random, connectID = "5" } } });

        var answer = (await liar.Peer.ExpectAsync("packet"))["packet"]!;
        Assert.Equal("CLOSE_REQ", answer.Text("type"));
        Assert.Equal("5", answer["closeRequest"]!.Text("connectID"));
        Assert.Equal(before + 1, await FailuresAsync("unrecognized_response"));
        var error = await Assert.ThrowsAsync<DialRefusedException>(() => dial);
        Assert.Equal("timed out waiting for backend dial", error.Message);
        await Server.WaitUntilIdleAsync();
        await VerifyAsync(liar, frontend);
        await VerifyAsync(dialed);
    }

    [SkippableFact]
    public async Task Agent_ThatStopsReading_StopsNobodyElse()
    {
        NodeFixture.SkipIfMissing();
        await using var stalled = new EchoTarget(IPAddress.Parse(BadHost));
        await using var echo = new EchoTarget();
        await using var bad = await StartAsync("bad", BadHost);
        await using var good = await StartAsync("good", GoodHost);
        await using var frontend = await StartFrontendAsync();
        await frontend.DialAsync(stalled.Address);
        await bad.SetAsync(new { cmd = "set", stopReading = true });

        // More than all windows and buffers on the way: the answer would come when the last byte has left.
        await frontend.Peer.SendAsync(new { cmd = "send", stream = "s1", bytes = 16 * 1024 * 1024, mayFail = true });
        await Server.WaitForMetricAsync(1, "full_receive_channels", ("service_method", "Proxy"));

        await EchoAsync(await frontend.DialAsync(echo.Address), 1024 * 1024);

        // Nothing got through to the agent for a dial's whole deadline: its tunnel is given up, and what was on it ends.
        await Assert.ThrowsAsync<DialRefusedException>(() => frontend.DialAsync(stalled.Address));
        await Server.WaitForMetricAsync(1, "ready_backends", ("proxy_strategy", "destHost"));
        await frontend.Peer.ExpectAsync("closed");
        await EchoAsync(await frontend.DialAsync(echo.Address), 100_000);
        await Server.WaitUntilIdleAsync();
        await VerifyAsync(good, frontend);
    }

    [SkippableFact]
    public async Task Agent_ThatFloodsCloseRequests_DisturbsNobody()
    {
        NodeFixture.SkipIfMissing();
        await using var echo = new EchoTarget();
        await using var bad = await StartAsync("bad", BadHost, "--packets");
        await using var good = await StartAsync("good", GoodHost);
        await using var frontend = await StartFrontendAsync();

        var flooding = bad.Peer.AskAsync(
            new { cmd = "flood", count = 5_000, packet = new { type = "CLOSE_REQ", closeRequest = new { connectID = "1" } } }, "flooded");
        await EchoAsync(await frontend.DialAsync(echo.Address), 1024 * 1024);
        await flooding;
        await Server.WaitForMetricAsync(5_000, "stream_packets_total", ("segment", "from_agent"), ("packet_type", "CLOSE_REQ"));

        Assert.DoesNotContain(bad.Peer.Events, e => e.Text("event") is "packet" or "status");
        await VerifyAsync(bad, frontend);
        await VerifyAsync(good);
    }

    [SkippableTheory]
    [InlineData("/////w==")]
    [InlineData("CAQiEAgB")]
    public async Task Agent_ThatSendsGarbage_GetsAnErrorStatus(string base64)
    {
        NodeFixture.SkipIfMissing();
        await using var bad = await StartAsync("bad", BadHost);

        var status = await bad.Peer.AskAsync(new { cmd = "raw", base64 }, "status");

        Assert.Equal(13, status.Number("code"));
        Assert.NotEqual("", status.Text("details"));
        await VerifyAsync(bad);
    }

    private static async Task EchoAsync(IFrontendConnection connection, int bytes)
    {
        var receiving = connection.ReceiveAsync(bytes);
        var sha256 = await connection.SendAsync(bytes);
        Assert.Equal(new Received(bytes, sha256, Ended: false), await receiving);
        await connection.CloseAsync();
    }

    private Task<double> FailuresAsync(string reason) => Server.Metrics.ValueAsync(ServerProgram.Prefix + Failures, ("reason", reason));

    private Task<NodeAgent> StartAsync(string id, string host, params string[] more) =>
        NodeAgent.StartAsync(Server, id, ["--identifiers", $"ipv4={host}", .. more]);

    private async Task<NodeFrontend> StartFrontendAsync() => new(await NodePeer.StartFrontendAsync($"unix:{Server.SocketPath}"));

    /// <summary>Also ends the agent: the next test starts with none.</summary>
    private async Task VerifyAsync(NodeAgent agent, NodeFrontend? frontend = null)
    {
        agent.Verify();
        frontend?.Peer.VerifyWire();
        Server.Verify();
        var before = await Server.Metrics.ValueAsync(ServerProgram.Prefix + "grpc_connections", ("service_method", "Connect"));
        await agent.DisposeAsync();
        if (before > 0)
        {
            await Eventually.ObserveAsync(
                () => Server.Metrics.ValueAsync(ServerProgram.Prefix + "grpc_connections", ("service_method", "Connect")),
                left => left < before);
        }
    }
}
