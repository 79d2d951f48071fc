using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Server.Tests.Agents;

public sealed class AgentServiceTests
{
    [Fact]
    public async Task Connect_Accepted_AnswersWithServerIdAndCountBeforeAnyPacket()
    {
        await using var server = await TestServer.StartAsync();
        await using var call = await server.CallAgentPortAsync([new("agentid", "a")]);

        var headers = await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();

        Assert.Equal("server-under-test", Assert.Single(headers.GetValues("serverid")));
        Assert.Equal("3", Assert.Single(headers.GetValues("servercount")));
        Assert.False(headers.Contains("clusterproxy-features"));
    }

    [Fact]
    public async Task Connect_WithFeatures_IsToldOurs()
    {
        await using var server = await TestServer.StartAsync();
        await using var call = await server.CallAgentPortAsync([new("agentid", "a"), new("clusterproxy-features", "half-close")]);

        var headers = await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();

        Assert.Equal("half-close,credit,ping,lanes,trace,drain,servers", Assert.Single(headers.GetValues("clusterproxy-features")));
    }

    public static TheoryData<string[]> BadMetadata => new()
    {
        Array.Empty<string>(),
        new[] { "agentid", "" },
        new[] { "agentid", "a", "agentidentifiers", "host=a;host=b" },
        new[] { "agentid", "a", "agentidentifiers", "host=%zz" },
    };

    [Theory]
    [MemberData(nameof(BadMetadata))]
    [Trait("Spec", "7.24")]
    public async Task Connect_BadMetadata_FailsWithUnknownAndText(string[] metadata)
    {
        await using var server = await TestServer.StartAsync();
        var pairs = metadata.Chunk(2).Select(p => KeyValuePair.Create(p[0], p[1])).ToArray();

        var refusal = await Assert.ThrowsAsync<GrpcException>(async () =>
        {
            await using var call = await server.CallAgentPortAsync(pairs);
            await call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        });

        Assert.Equal(GrpcStatusCode.Unknown, refusal.Status.Code);
        Assert.NotEqual("", refusal.Status.Message);
        Assert.Empty(server.Host.Agents.Tunnels);
    }

    [Fact]
    public async Task Drain_OnlyAgent_IsStillUsedAndOthersAreUsedFirst()
    {
        await using var server = await TestServer.StartAsync();
        var leaving = await server.ConnectAgentAsync("leaving");
        await leaving.SendAsync(PacketFactory.Drain());
        await server.Log.Log.WaitForAsync("AgentDraining").DefaultTimeout();
        var frontend = await server.OpenFrontendAsync();
        var accepted = leaving.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;

        var staying = await server.ConnectAgentAsync("staying");
        for (var i = 1; i <= 5; i++)
        {
            var next = await server.OpenFrontendAsync();
            accepted = staying.AcceptAsync(i);
            await next.DialAsync();
            await accepted;
        }
    }

    [Fact]
    public async Task CertificateThatEnds_DrainsItsTunnel_AndCutsNothing()
    {
        var time = new ManualTime();
        await using var server = await TestServer.StartAsync(time: time);
        server.AgentCertificate = server.AgentCertificates.EndingClient(TimeSpan.FromMinutes(10));
        var ending = await server.ConnectAgentAsync("ending");
        var frontend = await server.OpenFrontendAsync();
        var accepted = ending.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
        Assert.False(server.Host.Agents.Tunnels.Single().IsDraining);

        time.Advance(TimeSpan.FromMinutes(11));

        Assert.Equal(LogLevel.Warning, (await server.Log.Log.WaitForAsync("AgentCertificateEnded").DefaultTimeout()).Level);
        Assert.True(server.Host.Agents.Tunnels.Single().IsDraining);
        Assert.Equal(1, server.EstablishedCount);

        server.AgentCertificate = null;
        var valid = await server.ConnectAgentAsync("valid");
        for (var i = 1; i <= 5; i++)
        {
            var next = await server.OpenFrontendAsync();
            accepted = valid.AcceptAsync(i);
            await next.DialAsync();
            await accepted;
        }
    }

    [Fact]
    [Trait("Spec", "7.16")]
    [Trait("Spec", "7.31")]
    public async Task SameAgentIdTwice_EqualConnectIds_NeverMixBytes()
    {
        await using var server = await TestServer.StartAsync();
        var first = await server.ConnectAgentAsync("same");
        var firstFrontend = await server.OpenFrontendAsync();
        var accepted = first.AcceptAsync(1);
        var firstId = await firstFrontend.DialAsync();
        await accepted;

        var second = await server.ConnectAgentAsync("same");
        var secondFrontend = await server.OpenFrontendAsync();
        accepted = second.AcceptAsync(1);
        var secondId = await secondFrontend.DialAsync();
        await accepted;
        Assert.NotEqual(firstId, secondId);
        Assert.Equal(1, server.Metric("konnectivity_network_proxy_server_ready_backends").Value(("proxy_strategy", "default")));

        await second.SendDataAsync(1, "second"u8.ToArray());
        await first.SendDataAsync(1, "first"u8.ToArray());
        Assert.Equal("first"u8.ToArray(), (await firstFrontend.HearAsync(PacketType.Data)).Payload);
        Assert.Equal("second"u8.ToArray(), (await secondFrontend.HearAsync(PacketType.Data)).Payload);

        await second.DisposeAsync();
        await secondFrontend.HearAsync(PacketType.CloseRsp);
        await first.SendDataAsync(1, "still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), (await firstFrontend.HearAsync(PacketType.Data)).Payload);
    }

    [Fact]
    public async Task DialResponse_FromAnotherAgent_IsNotAnAnswer()
    {
        await using var server = await TestServer.StartAsync(o => o with { ProxyStrategies = [ProxyStrategy.DestHost] });
        var honest = await server.ConnectAgentAsync("honest", "host=target");
        var other = await server.ConnectAgentAsync("other", "host=else");
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        var dial = await honest.TakeDialAsync();

        await other.SendAsync(PacketFactory.DialResponse(dial.Random, 66));
        Assert.Equal(66, (await other.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        Assert.Equal(1, server.PendingCount);

        await honest.SendAsync(PacketFactory.DialResponse(dial.Random, 1));
        Assert.Equal("", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
    }

    [Fact]
    public async Task Data_ForUnknownConnection_IsAnsweredWithCloseRequest()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync();

        await agent.SendAsync(new Packet { Type = PacketType.Data, Data = new Data { Data_ = Google.Protobuf.ByteString.CopyFromUtf8("x") } });
        await agent.SendAsync(PacketFactory.CloseResponse(77));
        await agent.SendAsync(PacketFactory.CloseResponse(-1, "the answer to a probe"));
        await agent.SendAsync(PacketFactory.CloseDial(77));
        await agent.SendAsync(new Packet { Type = (PacketType)99 });
        await agent.SendDataAsync(-5, "probe"u8.ToArray());

        Assert.Equal(-5, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        Assert.Equal(3, server.Metric("clusterproxy_server_packets_refused_total").Value(("segment", "from_agent"), ("reason", "unknown_connection")));
        Assert.Single(server.Host.Agents.Tunnels);
    }

    [Fact]
    public async Task Garbage_FromAgent_EndsItsStreamOnly()
    {
        await using var server = await TestServer.StartAsync();
        var other = await server.ConnectAgentAsync("other");
        var agent = await server.ConnectAgentAsync("broken");

        await agent.Call.Output.WriteAsync(new byte[] { 9, 9, 9, 9, 9, 9 });

        Assert.Null(await agent.HearAsync());
        Assert.Equal(GrpcStatusCode.Internal, agent.Call.Status().Code);
        Assert.Equal(
            1, server.Metric("konnectivity_network_proxy_server_stream_errors_total")
                .Value(("segment", "from_agent"), ("code", "Internal"), ("packet_type", "Unknown")));
        var frontend = await server.OpenFrontendAsync();
        var accepted = other.AcceptAsync(1);
        await frontend.DialAsync();
        await accepted;
    }

    [Fact]
    public async Task OversizeMessage_FromAgent_EndsWithResourceExhausted()
    {
        await using var server = await TestServer.StartAsync(o => o with { MaxMessageSize = 128 * 1024 });
        var agent = await server.ConnectAgentAsync();

        await agent.Call.Output.WriteAsync(new byte[] { 0, 0, 2, 0, 1 });

        Assert.Null(await agent.HearAsync());
        Assert.Equal(GrpcStatusCode.ResourceExhausted, agent.Call.Status().Code);
    }

    [Fact]
    public async Task HalfClose_WithUpstreamFrontend_BecomesAFullClose()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync(features: "half-close");
        var frontend = await server.OpenFrontendAsync();
        var accepted = agent.AcceptAsync(4);
        await frontend.DialAsync();
        await accepted;

        await agent.SendDataAsync(4, "end"u8.ToArray());
        await agent.SendAsync(PacketFactory.HalfClose(4));

        Assert.Equal("end"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        Assert.Equal("", (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        Assert.Equal(4, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
    }

    [Fact]
    public async Task HalfClose_BothSidesKnowIt_EndsOneDirectionAtATime()
    {
        await using var server = await TestServer.StartAsync();
        var agent = await server.ConnectAgentAsync(features: "half-close");
        var frontend = await server.OpenFrontendAsync(features: "half-close");
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "target:1", 7));
        await agent.AcceptAsync(4);
        var answer = (await frontend.HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal("half-close", answer.Features);

        await agent.SendAsync(PacketFactory.HalfClose(4));
        var halfClose = await frontend.HearAsync((PacketType)64);
        Assert.Equal(answer.ConnectID, halfClose.CloseRequest.ConnectID);
        await frontend.SendDataAsync(answer.ConnectID, "more"u8.ToArray());
        Assert.Equal("more"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);

        await frontend.SendAsync(PacketFactory.HalfClose(answer.ConnectID));
        await agent.HearAsync((PacketType)64);
        await agent.SendAsync(PacketFactory.CloseResponse(4));
        Assert.Equal(answer.ConnectID, (await frontend.HearAsync(PacketType.CloseRsp)).CloseResponse.ConnectID);
        Assert.Equal(0, server.EstablishedCount);
    }
}
