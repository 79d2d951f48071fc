using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Frontend;

public sealed class FrontendTunnelTests
{
    /// <summary>More than HTTP/2 takes from a server whose client does not read, and less than the server keeps for a connection.</summary>
    private const int Blocks = 16;

    [Fact]
    [Trait("Spec", "7.25")]
    public async Task Dial_NoAgent_AnswersWithItsRandomAndText()
    {
        await using var server = await TestServer.StartAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 4711));
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;

        Assert.Equal(4711, answer.Random);
        Assert.Equal("No agent available", answer.Error);
        Assert.Equal(0, answer.ConnectID);
        Assert.Equal(1, server.DialFailures("no_agent"));
    }

    [Fact]
    [Trait("Spec", "7.26")]
    public async Task Connection_ClosedByFrontend_ForwardsDialDataAndCloseInOrder()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();
        Assert.Equal("tcp", dial.Protocol);
        Assert.Equal("target:1", dial.Address);
        Assert.True(dial.Random > 0);
        Assert.NotEqual(7, dial.Random);

        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 31));
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal(7, answer.Random);
        Assert.NotEqual(31, answer.ConnectID);

        await frontend.SendDataAsync(answer.ConnectID, "ping"u8.ToArray());
        await frontend.SendAsync(PacketFactory.CloseRequest(answer.ConnectID));
        var data = await agent.HearAsync(PacketType.Data);
        Assert.Equal(31, data.ConnectId);
        Assert.Equal("ping"u8.ToArray(), data.Payload);
        Assert.Equal(31, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);

        await agent.SendDataAsync(31, "late"u8.ToArray());
        await agent.SendAsync(PacketFactory.CloseResponse(31));
        Assert.Equal("late"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        var closed = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal(answer.ConnectID, closed.ConnectID);
        Assert.Equal("", closed.Error);

        await frontend.Call.CompleteOutputAsync();
        Assert.Null(await frontend.HearAsync());
        Assert.Equal(GrpcStatusCode.OK, frontend.Call.Status().Code);
        await server.ShouldBecomeEmptyAsync();
    }

    [Fact]
    [Trait("Spec", "7.26")]
    public async Task StreamEnd_WhileDialing_SendsDialCloseToAgent()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();

        await frontend.Call.CompleteOutputAsync();

        Assert.Equal(dial.Random, (await agent.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        await server.ShouldBecomeEmptyAsync();
        Assert.Equal(1, server.DialFailures("frontend_close"));
    }

    [Fact]
    [Trait("Spec", "7.32")]
    public async Task StreamEnd_BesideOtherStreams_EndsOnlyItsOwnDialAndConnection()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var leaving = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(31);
        await leaving.DialAsync();
        await accepted;
        var staying = await server.OpenFrontendAsync();
        accepted = agent.AcceptAsync(32);
        var id = await staying.DialAsync();
        await accepted;
        var dialing = await server.OpenFrontendAsync();
        await dialing.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 9));
        var dial = await agent.TakeDialAsync();
        var empty = await server.OpenFrontendAsync();

        await empty.DisposeAsync();
        await leaving.DisposeAsync();

        Assert.Equal(31, (await agent.HearAsync(PacketType.CloseReq)).Message!.CloseRequest.ConnectID);
        await staying.SendDataAsync(id, "still"u8.ToArray());
        var data = await agent.HearAsync(PacketType.Data);
        Assert.Equal((32, "still"), (data.ConnectId, System.Text.Encoding.ASCII.GetString(data.Payload)));
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 33));
        Assert.Equal("", (await dialing.HearAsync(PacketType.DialRsp)).Message!.DialResponse.Error);
    }

    [Fact]
    [Trait("Spec", "7.28")]
    public async Task Data_BeforeDial_IsAnsweredAndStreamIgnored()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.SendDataAsync(5, "x"u8.ToArray());

        var closed = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal(5, closed.ConnectID);
        Assert.Equal("backend not initialized", closed.Error);

        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        await frontend.Call.CompleteOutputAsync();
        Assert.Null(await frontend.HearAsync());
        Assert.Equal(0, server.PendingCount);
        Assert.NotNull(agent);
    }

    [Fact]
    public async Task CloseRequest_BeforeDial_IsAnsweredAndStreamGoesOn()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();

        await frontend.SendAsync(PacketFactory.CloseRequest(5));
        var closed = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal(5, closed.ConnectID);
        Assert.Equal("backend uninitialized", closed.Error);

        var accepted = agent.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
    }

    [Fact]
    [Trait("Spec", "7.29")]
    public async Task Data_WithSecondConnectId_ClosesBothOnBothLegs()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(9);
        var id = await frontend.DialAsync();
        await accepted;

        await frontend.SendDataAsync(id + 1, "x"u8.ToArray());

        var first = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        var second = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal([id, id + 1], new[] { first.ConnectID, second.ConnectID }.Order());
        Assert.All([first, second], r => Assert.Equal("mismatched connection IDs", r.Error));
        Assert.Equal(9, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
    }

    [Fact]
    public async Task DialClose_WhileDialing_CancelsAndLateAnswerIsClosed()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();

        await frontend.SendAsync(PacketFactory.CloseDial(7));
        await agent.HearAsync(PacketType.DialCls);
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, 3));

        Assert.Equal(3, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await Eventually.ObserveAsync(() => Task.FromResult(server.DialFailures("frontend_close")), static count => count == 1);
        Assert.Equal(1, server.DialFailures("unrecognized_response"));
        Assert.Equal(0, server.EstablishedCount);
    }

    [Fact]
    public async Task DialClose_CrossingDialResponse_ClosesTheConnection()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(3);
        await frontend.DialAsync(random: 7);
        await accepted;

        await frontend.SendAsync(PacketFactory.CloseDial(7));

        Assert.Equal(3, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await agent.SendAsync(PacketFactory.CloseResponse(3));
        await frontend.HearAsync(PacketType.CloseRsp);
        Assert.Equal(0, server.EstablishedCount);
    }

    [Fact]
    public async Task Dial_Refused_ForwardsTheAgentsTextAndAllowsAnother()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();
        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, "dial tcp 10.0.0.1:1: connect: connection refused"));

        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal("dial tcp 10.0.0.1:1: connect: connection refused", answer.Error);
        Assert.Equal(1, server.DialFailures("error_response"));

        var accepted = agent.AcceptAsync(2);
        await frontend.DialAsync(random: 8);
        await accepted;
    }

    [Fact]
    public async Task Dial_WhileOneIsOpen_IsRefused()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        await frontend.DialAsync(random: 7);
        await accepted;

        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:2", 8));

        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal(8, answer.Random);
        Assert.NotEqual("", answer.Error);
        Assert.Equal(1, server.EstablishedCount);
    }

    [Fact]
    public async Task Dial_ClosedByAgent_IsForwarded()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await agent.TakeDialAsync();

        await agent.SendAsync(PacketFactory.CloseDial(dial.Random));

        Assert.Equal(7, (await frontend.HearAsync(PacketType.DialCls)).Message!.CloseDial.Random);
        Assert.Equal(1, server.DialFailures("backend_close"));
    }

    [Fact]
    public async Task TargetClose_FlushesThenEndsWithoutText()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        var id = await frontend.DialAsync();
        await accepted;

        await agent.SendDataAsync(2, "bye"u8.ToArray());
        await agent.SendAsync(PacketFactory.CloseResponse(2));

        Assert.Equal("bye"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        Assert.Equal("", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);

        await frontend.SendAsync(PacketFactory.CloseRequest(id));
        Assert.Equal("Unknown connectID", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
    }

    /// <summary>A Go program's Close would report the text as its error.</summary>
    [Fact]
    public async Task Close_WhileTheTargetsLastBytesAreOnTheirWay_IsAnsweredBehindThem_WithoutText()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        var id = await frontend.DialAsync();
        await accepted;
        var block = new byte[32 * 1024];
        for (var i = 0; i < Blocks; i++)
        {
            await agent.SendDataAsync(2, block);
        }

        await agent.SendAsync(PacketFactory.CloseResponse(2));
        await CountedAsync(server, "from_agent", "CLOSE_RSP");
        await frontend.SendAsync(PacketFactory.CloseRequest(id));
        await CountedAsync(server, "from_client", "CLOSE_REQ");

        var left = Blocks * block.Length;
        while (left > 0)
        {
            left -= (await frontend.HearAsync(PacketType.Data)).Payload.Length;
        }

        Assert.Equal("", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
    }

    /// <summary>Its close would be answered as if the target had got everything.</summary>
    [Fact]
    public async Task AgentLost_WhileAClosedUploadIsOnItsWay_AndTheTargetHasEnded_IsTold()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync(features: "half-close,credit");
        var frontend = await server.OpenFrontendAsync(features: "half-close");
        var accepted = agent.AcceptAsync(2);
        var id = await frontend.DialAsync();
        await accepted;
        for (var i = 0; i < 4; i++)
        {
            await frontend.SendDataAsync(id, new byte[32 * 1024]);
        }

        await frontend.SendAsync(PacketFactory.CloseRequest(id));
        await CountedAsync(server, "from_client", "CLOSE_REQ");
        await agent.SendAsync(PacketFactory.HalfClose(2));
        await CountedAsync(server, "from_agent", "HALF_CLOSE");
        await agent.DisposeAsync();

        Assert.Contains("lost", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error, StringComparison.Ordinal);
        await frontend.DisposeAsync();
        await server.ShouldBecomeEmptyAsync();
    }

    [Fact]
    public async Task Data_ThatNamesNoConnection_IsDropped()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        var id = await frontend.DialAsync();
        await accepted;

        await frontend.SendAsync(new Packet { Type = PacketType.Data, Data = new Data { Data_ = Google.Protobuf.ByteString.CopyFromUtf8("x") } });
        await frontend.SendDataAsync(id, "y"u8.ToArray());

        Assert.Equal("y"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
    }

    [Fact]
    public async Task FrontendReset_ClosesTheAgentsConnection()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        await frontend.DialAsync();
        await accepted;

        await frontend.DisposeAsync();

        Assert.Equal(2, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await agent.SendAsync(PacketFactory.CloseResponse(2));
        await server.ShouldBecomeEmptyAsync();
        Assert.Equal(1, server.Metric("clusterproxy_server_connection_closes_total").Value(("reason", "frontend_lost")));
    }

    [Fact]
    public async Task AgentLost_ClosesTheFrontendsConnectionAtOnce()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(2);
        var id = await frontend.DialAsync();
        await accepted;

        await agent.DisposeAsync();

        var closed = (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse;
        Assert.Equal(id, closed.ConnectID);
        Assert.Equal("", closed.Error);
    }

    /// <summary>Returns when the server has had one such packet.</summary>
    private static Task CountedAsync(TestServer server, string segment, string type) => Eventually.ObserveAsync(() => Task.FromResult(
        server.Metric("konnectivity_network_proxy_server_stream_packets_total").Samples.Any(s =>
            s.Labels["segment"] == segment && s.Labels["packet_type"] == type && s.Value == 1)));
}
