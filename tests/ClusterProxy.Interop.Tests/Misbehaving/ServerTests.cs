using System.Text.Json.Nodes;
using ClusterProxy.Client;
using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Misbehaving;

/// <summary>A scripted server in front of our agent and our SDK.</summary>
[Collection(nameof(NodePeers))]
public sealed class ServerTests
{
    [SkippableFact]
    [Trait("Spec", "7.43")]
    public async Task Agent_UnknownIds_AreAnsweredAsUpstreamAnswers()
    {
        NodeFixture.SkipIfMissing();
        await using var server = await NodeServer.StartAsync(more: "--scripted");
        await using var agent = await AgentProgram.StartAsync(server.AgentPort, server.Agents);
        var tunnel = (await server.Peer.ExpectAsync("agent")).Text("tunnel");
        Task SendAsync(object packet) => server.Peer.SendAsync(new { cmd = "toAgent", tunnel, packet });

        await SendAsync(new { type = 99, closeRequest = new { connectID = "1" } });
        await SendAsync(new { type = "DIAL_CLS", closeDial = new { random = "5" } });
        await SendAsync(new { type = "CLOSE_RSP", closeResponse = new { connectID = "5" } });
        await SendAsync(new { type = "DATA", data = new { connectID = "17", data = "eA==" } });
        await SendAsync(new { type = "CLOSE_REQ", closeRequest = new { connectID = "-18" } });

        var answers = new[] { await NextAsync(server, "fromAgent"), await NextAsync(server, "fromAgent") };
        Assert.Equal(["CLOSE_RSP", "CLOSE_RSP"], answers.Select(a => a.Text("type")));
        Assert.Equal(
            [("17", "unrecognized connectID"), ("-18", "Unknown connectID")],
            answers.Select(a => (a["closeResponse"]!.Text("connectID"), a["closeResponse"]!.Text("error"))));
        server.Verify();
        agent.Verify();
    }

    [SkippableFact]
    public async Task Sdk_DataForAnUnknownId_IsAnsweredByCloseRequest()
    {
        NodeFixture.SkipIfMissing();
        await using var server = await NodeServer.StartAsync(more: "--scripted");
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri($"unix://{server.SocketPath}") });
        var (stream, tunnel) = await DialAsync(server, client);
        await using var connection = tunnel;

        await SendAsync(server, stream, new { type = 99, closeRequest = new { connectID = "1" } });
        await SendAsync(server, stream, new { type = "DATA", data = new { connectID = "77", data = "eA==" } });
        var answer = await NextAsync(server, "fromFrontend");
        Assert.Equal("CLOSE_REQ", answer.Text("type"));
        Assert.Equal("77", answer["closeRequest"]!.Text("connectID"));

        await SendAsync(server, stream, new { type = "DATA", data = new { connectID = "3", data = "eA==" } });
        await SendAsync(server, stream, new { type = "CLOSE_RSP", closeResponse = new { connectID = "3" } });
        var buffer = new byte[10];
        Assert.Equal(1, await tunnel.ReadAsync(buffer).DefaultTimeout());
        Assert.Equal(0, await tunnel.ReadAsync(buffer).DefaultTimeout());
        server.Verify();
    }

    [SkippableFact]
    [Trait("Spec", "7.50")]
    public async Task Sdk_DialClosedByTheServer_SaysSo()
    {
        NodeFixture.SkipIfMissing();
        await using var server = await NodeServer.StartAsync(more: "--scripted");
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri($"unix://{server.SocketPath}") });

        var dial = client.ConnectAsync("target:1");
        var request = await server.Peer.ExpectAsync("fromFrontend");
        var random = request["packet"]!["dialRequest"]!.Text("random");
        await SendAsync(server, request.Text("stream"), new { type = "DIAL_CLS", closeDial = new { random } });

        Assert.Equal(DialFailureReason.DialClosed, (await Assert.ThrowsAsync<TunnelConnectException>(() => dial.DefaultTimeout())).Reason);
        await server.Peer.ExpectAsync("frontendEnded");
        server.Verify();
    }

    [SkippableFact]
    public async Task Sdk_StreamThatFails_TellsTheStatus()
    {
        NodeFixture.SkipIfMissing();
        await using var server = await NodeServer.StartAsync(more: "--scripted");
        await using var client = new TunnelClient(new TunnelClientOptions { Address = new Uri($"unix://{server.SocketPath}") });

        var dial = client.ConnectAsync("target:1");

        // A dial that got no answer is made once more.
        for (var i = 0; i < 2; i++)
        {
            var stream = (await server.Peer.ExpectAsync("fromFrontend")).Text("stream");
            await server.Peer.SendAsync(new { cmd = "failFrontend", stream, code = 14, details = "50 % \u00fcber" });
        }

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => dial.DefaultTimeout());
        Assert.True(error.IsTransportFailure);
        Assert.Contains("50 % \u00fcber", error.Message, StringComparison.Ordinal);
    }

    [SkippableTheory]
    [InlineData("{\"withholdHeaders\":true}")]
    [InlineData("{\"serverCount\":\"many\"}")]
    [InlineData("{\"serverCount\":[\"1\",\"2\"]}")]
    public async Task Agent_ServerWithoutUsableHeaders_IsLeftAndTriedAgain(string settings)
    {
        NodeFixture.SkipIfMissing();
        await using var server = await NodeServer.StartAsync();
        var set = JsonNode.Parse(settings)!.AsObject();
        set["cmd"] = "set";
        await server.Peer.AskAsync(set, "switched");
        var agent = AgentProgram.StartAsync(server.AgentPort, server.Agents, "--connect-timeout=1s");

        await server.Peer.ExpectAsync("agent");
        await server.Peer.ExpectAsync("agentEnded");
        Assert.False(agent.IsCompleted);
        await server.Peer.AskAsync(new { cmd = "set", withholdHeaders = false, serverCount = "1" }, "switched");

        await using var connected = await agent;
        connected.Verify();
        server.Verify();
    }

    private static async Task<JsonNode> NextAsync(NodeServer server, string name) => (await server.Peer.ExpectAsync(name))["packet"]!;

    private static Task SendAsync(NodeServer server, string stream, object packet) =>
        server.Peer.SendAsync(new { cmd = "toFrontend", stream, packet });

    private static async Task<(string Stream, TunnelStream Tunnel)> DialAsync(NodeServer server, TunnelClient client)
    {
        var dial = client.ConnectAsync("target:1");
        var request = await server.Peer.ExpectAsync("fromFrontend");
        var (stream, random) = (request.Text("stream"), request["packet"]!["dialRequest"]!.Text("random"));
        await SendAsync(server, stream, new { type = "DIAL_RSP", dialResponse = new { random, connectID = "3" } });
        return (stream, await dial.DefaultTimeout());
    }
}
