using System.Buffers;
using System.Text;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.BadInput;

/// <summary>Peers that pass TLS and then break the rules are answered or cut, and nobody else notices.</summary>
public sealed class BrokenProtocolTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData("agent", false)]
    [InlineData("agent", true)]
    [InlineData("frontend", false)]
    [InlineData("frontend", true)]
    [InlineData("unix", false)]
    public async Task Garbage_IsAnsweredOrCut(string plane, bool insideTls)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        await WhileOthersWorkAsync(async fixture =>
        {
            var garbage = Enumerable.Range(0, 20).Select(_ => random.NextBytes(random.Next(1, 2000))).ToList();
            await Task.WhenAll(garbage.Select(async bytes =>
            {
                await using var stream = (plane, insideTls) switch
                {
                    ("unix", _) => await Sockets.ConnectUnixAsync(fixture.SocketPath),
                    ("agent", true) => await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client(), "h2"),
                    ("frontend", true) => await fixture.OpenFrontendAsync(FrontendKind.GrpcTls),
                    ("agent", _) => await Sockets.ConnectTcpAsync(fixture.Server.AgentPort),
                    _ => await Sockets.ConnectTcpAsync(fixture.Server.FrontendPort),
                };
                await SendAndReadToEndAsync(stream, [.. bytes, .. "\r\n\r\n"u8, .. new byte[17_000]]);
            })).DefaultTimeout();
            var seen = insideTls || plane == "unix" ? ServerMetric.RequestsRefused : ServerMetric.HandshakeFailures;
            await fixture.ServerMetrics.WaitForAsync(seen, static v => v >= 1);
            await ShouldBeSeenAsync(fixture);
        });
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    public async Task Http2Preface_FollowedByGarbage_IsCut(string plane)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        await WhileOthersWorkAsync(async fixture =>
        {
            await using var stream = plane == "agent"
                ? await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client(), "h2")
                : await fixture.OpenFrontendAsync(FrontendKind.GrpcTls);
            await SendAndReadToEndAsync(stream, [.. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. random.NextBytes(60_000)]);
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.BrokenConnections, 1, ("plane", plane));
        });
    }

    [Fact]
    public Task OversizeMessage_FromFrontend_IsResourceExhausted() => WhileOthersWorkAsync(async fixture =>
    {
        await ShouldEndAsync(fixture, await fixture.OpenScriptedFrontendAsync(), Oversize(), GrpcStatusCode.ResourceExhausted);
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task OversizeMessage_FromAgent_IsResourceExhausted() => WhileOthersWorkAsync(async fixture =>
    {
        await ShouldEndAsync(fixture, await fixture.ConnectScriptedAgentAsync(identifiers: "host=elsewhere"), Oversize(), GrpcStatusCode.ResourceExhausted);
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task MessageThatIsNoPacket_FromFrontend_EndsItsStream() => WhileOthersWorkAsync(async fixture =>
    {
        await ShouldEndAsync(fixture, await fixture.OpenScriptedFrontendAsync(), [0, 0, 0, 0, 3, 0xff, 0xff, 0xff], GrpcStatusCode.Internal);
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task CompressedMessage_FromAgent_IsUnimplemented() => WhileOthersWorkAsync(async fixture =>
    {
        await ShouldEndAsync(fixture, await fixture.ConnectScriptedAgentAsync(), [1, 0, 0, 0, 1, 0], GrpcStatusCode.Unimplemented);
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task PacketsForUnknownIds_FromAgent_AreClosedAgain() => WhileOthersWorkAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync();

        await agent.SendDataAsync(4711, new byte[10]);
        Assert.Equal(4711, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await agent.SendAsync(PacketFactory.DialResponse(random: 12345, connectId: 4712));
        Assert.Equal(4712, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);

        Assert.Equal(1, await fixture.DialFailuresAsync("unrecognized_response"));
        await agent.SendAsync(PacketFactory.CloseResponse(4713));
        await agent.SendAsync(PacketFactory.CloseDial(99));
        await agent.SendAsync(new Packet { Type = PacketType.Data });
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 3, ("segment", "from_agent"), ("reason", "unknown_connection"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 2, ("segment", "from_agent"), ("reason", "unknown_dial"));
    });

    [Fact]
    public Task PacketsOutOfOrder_FromFrontend_AreAnswered() => WhileOthersWorkAsync(async fixture =>
    {
        await using var frontend = await fixture.OpenScriptedFrontendAsync();

        await frontend.SendAsync(PacketFactory.Drain());
        await frontend.SendAsync(PacketFactory.DialResponse(random: 1, connectId: 1));
        await frontend.SendAsync(new Packet { Type = (PacketType)99 });
        await frontend.SendAsync(PacketFactory.CloseRequest(5));
        Assert.Equal("backend uninitialized", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        await frontend.SendDataAsync(6, new byte[10]);
        Assert.Equal("backend not initialized", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 2, ("segment", "from_client"), ("reason", "before_connection"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 3, ("segment", "from_client"), ("reason", "meaningless"));
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task DataOfAnotherConnection_FromFrontend_NeverReachesIt() => WhileOthersWorkAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var victim = await fixture.OpenScriptedFrontendAsync();
        await using var thief = await fixture.OpenScriptedFrontendAsync();
        var victimId = await victim.DialAsync(echo.Address);
        var thiefId = await thief.DialAsync(echo.Address);

        await thief.SendDataAsync(victimId, "stolen"u8.ToArray());

        var answers = new[] { await thief.HearAsync(PacketType.CloseRsp), await thief.HearAsync(PacketType.CloseRsp) };
        Assert.All(answers, static a => Assert.Equal("mismatched connection IDs", a.CloseResponse.Error));
        Assert.Equal(new HashSet<long> { victimId, thiefId }, answers.Select(static a => a.CloseResponse.ConnectID).ToHashSet());
        await victim.SendDataAsync(victimId, "own"u8.ToArray());
        Assert.Equal("own", Encoding.ASCII.GetString((await victim.HearAsync(PacketType.Data)).Payload));
        Assert.Equal(3, echo.BytesReceived.Value);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 1, ("segment", "from_client"), ("reason", "unknown_connection"));
        await ShouldBeSeenAsync(fixture);
    });

    [Fact]
    public Task WrongMethod_IsUnimplemented() => WhileOthersWorkAsync(async fixture =>
    {
        var error = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            // The refusal may be there before the request's stream is open.
            await using var peer = await fixture.OpenScriptedFrontendAsync(TunnelHeaders.ConnectMethod);
            await peer.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        });
        Assert.Equal(GrpcStatusCode.Unimplemented, error.Status.Code);
    });

    /// <summary>A running connection and new ones of another frontend must not notice what the offender does.</summary>
    private async Task WhileOthersWorkAsync(Func<TunnelFixture, Task> offend)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new()
        {
            // Scripted agents are in no table that a dial asks.
            Server = static o => o with { ProxyStrategies = [Server.ProxyStrategy.DefaultRoute] },
            Agent = static (o, _) => o with { AgentIdentifiers = "default-route=true" },
        });
        var client = fixture.Client(FrontendKind.GrpcTls);
        await using var running = await client.ConnectAsync(echo.Address).DefaultTimeout();

        await offend(fixture);

        await running.WriteAsync(new byte[1]).DefaultTimeout();
        await running.ReadExactlyAsync(new byte[1]).DefaultTimeout();
        await using var fresh = await client.ConnectAsync(echo.Address).DefaultTimeout();
    }

    private static byte[] Oversize()
    {
        var message = new byte[GrpcFrame.HeaderLength + 1000];
        GrpcFrame.WriteHeader(message, 5 * 1024 * 1024);
        return message;
    }

    private static async Task ShouldEndAsync(TunnelFixture fixture, ScriptedPeer peer, byte[] message, GrpcStatusCode code)
    {
        peer.Call.Output.Write(message);
        await peer.Call.Output.FlushAsync().DefaultTimeout();
        while (await peer.HearAsync() is not null)
        {
        }

        Assert.Equal(code, peer.Call.Status().Code);
        await fixture.ServerMetrics.WaitForAsync("konnectivity_network_proxy_server_stream_errors_total", static v => v >= 1, ("code", code.ToString()));
    }

    private static async Task SendAndReadToEndAsync(Stream stream, byte[] bytes)
    {
        try
        {
            await stream.WriteAsync(bytes).DefaultTimeout();
            var buffer = new byte[4096];
            while (await stream.ReadAsync(buffer).DefaultTimeout() > 0)
            {
            }
        }
        catch (IOException)
        {
            // Cut while it still sent.
        }
    }
}
