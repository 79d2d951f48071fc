using System.Buffers;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>A hostile agent: it is let in, and then says what is not its to say.</summary>
public sealed class AgentPacketAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const int InitialWindow = 64 * 1024;
    private const string AnswersToNothing = "unrecognized_response";

    [Fact]
    public Task Answer_ToAnothersDial_IsNotBelieved() => AttackAsync(async fixture =>
    {
        await using var victim = await fixture.ConnectScriptedAgentAsync("victim", "host=victim");
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", "victim:1", 7));
        var dial = await victim.TakeDialAsync();

        await evil.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));

        Assert.Equal(5, (await evil.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        Assert.Equal(1, await fixture.DialFailuresAsync(AnswersToNothing));
        await victim.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        Assert.Equal("", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal("victim", AuditFile.Text(await Audit.WaitForAsync(("event", "dial"), ("target", "victim:1")), "agent"));
        await frontend.SendAsync(PacketFactory.CloseDial(7));
        await victim.HearAsync(PacketType.CloseReq);
        await victim.SendAsync(PacketFactory.CloseResponse(5));
    });

    [Fact]
    public Task Packets_ForAnothersConnection_NeverReachIt() => AttackAsync(async fixture =>
    {
        await using var victim = await fixture.ConnectScriptedAgentAsync("victim", $"host={Evil}", "half-close,credit");
        var (frontend, id) = await DialEvilAsync(fixture, victim, connectId: 5);
        await using var evil = await fixture.ConnectScriptedAgentAsync("thief", "host=thief", "half-close,credit");

        await evil.SendDataAsync(5, "forged"u8.ToArray());
        await evil.SendAsync(PacketFactory.HalfClose(5));
        await evil.SendAsync(PacketFactory.Credit(5, -1));
        await evil.SendAsync(PacketFactory.CloseResponse(5));

        Assert.Equal(5, (await evil.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 4, ("segment", "from_agent"), ("reason", "unknown_connection"));
        var log = await fixture.Log.Log.WaitForAsync("PacketRefused").DefaultTimeout();
        Assert.Equal(("agent thief", "unknown_connection", 5L), (log.Values["Who"], log.Values["Reason"], log.Values["Id"]));
        Assert.StartsWith("127.0.0.1:", $"{log.Values["Peer"]}", StringComparison.Ordinal);
        await victim.SendDataAsync(5, "own"u8.ToArray());
        Assert.Equal("own"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        await frontend.SendDataAsync(id, "still"u8.ToArray());
        Assert.Equal("still"u8.ToArray(), (await victim.HearAsync(PacketType.Data)).Payload);
        await CloseAsync(frontend, victim, 5);
    });

    [Fact]
    public Task Answer_SaidTwice_IsCounted_AndTheConnectionGoesOn() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7));
        var dial = await evil.TakeDialAsync();

        await evil.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        await evil.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        await evil.SendAsync(PacketFactory.DialResponse(dial.Random, "refused after all"));
        await evil.SendAsync(PacketFactory.CloseDial(dial.Random));
        await evil.SendDataAsync(5, "on"u8.ToArray());

        Assert.Equal("", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal("on"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        Assert.Equal(2, await fixture.DialFailuresAsync(AnswersToNothing));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 3, ("segment", "from_agent"), ("reason", "unknown_dial"));
        await CloseAsync(frontend, evil, 5);
    });

    [Theory]
    [InlineData(5)]
    [InlineData(0)]
    public Task ConnectId_ThatIsInUseOrNone_IsRefused_AndLogged(long connectId) => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        var (first, _) = await DialEvilAsync(fixture, evil, connectId: 5);
        await using var second = await fixture.OpenScriptedFrontendAsync();
        await second.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:2", 8));
        await evil.AcceptAsync(connectId);

        Assert.Contains("cannot be used", (await second.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        Assert.Equal(connectId, (await fixture.Log.Log.WaitForAsync("ConnectIdUnusable").DefaultTimeout()).Values["ConnectId"]);
        await Audit.WaitForAsync(("event", "dial"), ("target", $"{Evil}:2"), ("result", "error_response"));
        await evil.SendDataAsync(5, "the first one's"u8.ToArray());
        Assert.Equal("the first one's"u8.ToArray(), (await first.HearAsync(PacketType.Data)).Payload);
        await CloseAsync(first, evil, 5);
    });

    [Fact]
    public Task Data_PastItsCredit_CostsThatConnection_AndIsCounted() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "credit");
        var (frontend, _) = await DialEvilAsync(fixture, evil, connectId: 5);

        await evil.SendDataAsync(5, new byte[InitialWindow + 1]);

        await evil.HearAsync(PacketType.CloseReq);
        await evil.SendAsync(PacketFactory.CloseResponse(5));
        await frontend.HearAsync(PacketType.CloseRsp);
        await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "protocol_error"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", "protocol_error"));

        // The fixture takes a violation for a defect of ours, so it is looked for where it is provoked.
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.CreditViolations, 1);
        fixture.ExpectsCreditViolations = true;
        await frontend.DisposeAsync();
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MaxValue)]
    public Task Credit_ThatNoCounterHolds_CostsThatConnection(long bytes) => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "credit");
        var (frontend, _) = await DialEvilAsync(fixture, evil, connectId: 5);

        await evil.SendAsync(PacketFactory.Credit(5, bytes));

        Assert.Equal(5, (await evil.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await evil.SendAsync(PacketFactory.CloseResponse(5));
        await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "protocol_error"));
        await frontend.DisposeAsync();
    });

    [Fact]
    public Task Credit_GrantedOverAndOver_DoesNotOverflow() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "credit");
        var (frontend, id) = await DialEvilAsync(fixture, evil, connectId: 5);
        for (var i = 0; i < 1000; i++)
        {
            await evil.SendAsync(PacketFactory.Credit(5, int.MaxValue - 1));
        }

        await frontend.SendDataAsync(id, "still"u8.ToArray());

        Assert.Equal("still"u8.ToArray(), (await evil.HearAsync(PacketType.Data)).Payload);
        await CloseAsync(frontend, evil, 5);
    });

    [Fact]
    public Task HalfClose_Replayed_WithDataBehindIt_EndsTheDirectionOnce() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "half-close");
        var (frontend, _) = await DialEvilAsync(fixture, evil, connectId: 5);

        await evil.SendDataAsync(5, "all"u8.ToArray());
        await evil.SendAsync(PacketFactory.HalfClose(5));
        await evil.SendDataAsync(5, "too late"u8.ToArray());
        await evil.SendAsync(PacketFactory.HalfClose(5));

        Assert.Equal("all"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        await frontend.HearAsync(PacketType.CloseRsp);
        await evil.HearAsync(PacketType.CloseReq);
        await evil.SendAsync(PacketFactory.CloseResponse(5));
        var close = await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "target_closed"));
        Assert.Equal("3", AuditFile.Text(close, "bytesToFrontend"));
        await frontend.DisposeAsync();
    });

    [Fact]
    public Task Additions_ThatWereNotAnnounced_MeanNothing() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        var (frontend, _) = await DialEvilAsync(fixture, evil, connectId: 5);

        await evil.SendAsync(PacketFactory.HalfClose(5));
        await evil.SendAsync(PacketFactory.Credit(5, -1));
        await evil.SendAsync(PacketFactory.PingQuestion(1, answered: false));
        await evil.SendAsync(PacketFactory.LaneRequest("0"));
        await evil.SendAsync(new Packet { Type = (PacketType)99 });
        await evil.SendDataAsync(5, "open"u8.ToArray());

        Assert.Equal("open"u8.ToArray(), (await frontend.HearAsync(PacketType.Data)).Payload);
        await fixture.ServerMetrics.WaitForAsync(
            "konnectivity_network_proxy_server_stream_packets_total", 1, ("segment", "from_agent"), ("packet_type", "Unknown"));
        await CloseAsync(frontend, evil, 5);
    });

    [Fact]
    public Task Dials_ThatAreNeverAnswered_EndAtTheirDeadline() => AttackAsync(
        async fixture =>
        {
            await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");

            Assert.Contains("timed out", await RefusedDialAsync(fixture, $"{Evil}:1"), StringComparison.Ordinal);

            await evil.TakeDialAsync();
            await evil.HearAsync(PacketType.DialCls);
            Assert.Equal(1, await fixture.DialFailuresAsync("backend_dial_timeout"));
            await Audit.WaitForAsync(("event", "dial"), ("target", $"{Evil}:1"), ("result", "backend_dial_timeout"), ("agent", Evil));
        },
        server: static o => o with { BackendDialTimeout = TimeSpan.FromSeconds(2) });

    [Fact]
    public Task Error_OfMegabytes_IsCut_InAnswerLogAndAudit() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7));
        var dial = await evil.TakeDialAsync();

        await evil.SendAsync(PacketFactory.DialResponse(dial.Random, "\u001b[2J\r\n{\"event\":\"forged\"}" + new string('x', 2 << 20)));

        Assert.InRange((await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error.Length, 1, 4096);
        var log = await fixture.Log.Log.WaitForAsync("DialFailed").DefaultTimeout();
        Assert.DoesNotContain(log.Message, char.IsControl);
        Assert.InRange((await Audit.WaitForAsync(("event", "dial"), ("result", "error_response"))).GetRawText().Length, 1, 4096);
    });

    [Fact]
    public Task Lanes_WithoutEnd_AreRefused_PastTheirLimit() => AttackAsync(async fixture =>
    {
        await using var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "lanes,credit,ping");
        var headers = await evil.Call.ResponseHeadersAsync(CancellationToken.None).DefaultTimeout();
        var token = Assert.Single(headers.GetValues(Protocol.TunnelHeaders.LaneToken));
        var certificate = fixture.AgentPlane.Client(Evil);
        var refusals = new List<string?>();
        for (var i = 0; i < 70; i++)
        {
            var tls = Own(await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, certificate, LaneProtocol.Alpn.ToString()));
            refusals.Add(await LaneHandshake.OpenAsync(
                new PacketReader(LaneProtocol.CreateInput(tls)), LaneProtocol.CreateOutput(tls), token, CancellationToken.None).DefaultTimeout());
        }

        Assert.Equal(64, refusals.Count(static r => r is null));
        Assert.All(refusals.Skip(64), static r => Assert.Contains("64 lanes already", r, StringComparison.Ordinal));
        await fixture.Log.Log.WaitForAsync("LaneRefused").DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.LanesRefused, 6, ("plane", "agent"));
    });

    [Fact]
    public Task UnknownIds_OfOneWhoReadsNoAnswers_CostHimHisTunnel() => AttackAsync(async fixture =>
    {
        var evil = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        var flood = FloodAsync(evil);

        await fixture.ServerMetrics.WaitForAsync(
            ServerMetric.StreamErrors, 1, ("segment", "to_agent"), ("code", "ResourceExhausted"));
        var log = await fixture.Log.Log.WaitForAsync("AgentDisconnected").DefaultTimeout();
        Assert.Contains("packets wait for a peer that does not read them", log.Message, StringComparison.Ordinal);
        await fixture.WaitForTunnelsAsync(1);

        // So many packets, and two lines: of the first and of all.
        var refused = await fixture.ServerMetrics.ValueAsync(ServerMetric.PacketsRefused, ("segment", "from_agent"), ("reason", "unknown_connection"));
        Assert.Equal((long)refused, (await fixture.Log.Log.WaitForAsync("PacketsRefused").DefaultTimeout()).Values["Count"]);
        Assert.Single(fixture.Log.Records, static r => r.EventName == "PacketRefused");
        await flood;
    });

    private static async Task FloodAsync(ScriptedPeer evil)
    {
        try
        {
            // More than the control queue, HTTP/2's windows and the sockets' buffers hold of the answers.
            for (var batch = 0; batch < 1000; batch++)
            {
                for (var i = 0; i < 1000; i++)
                {
                    evil.Call.Output.Advance(DataPacket.WriteHeader(evil.Call.Output.GetSpan(DataPacket.MaxHeaderLength), 9, 1));
                    evil.Call.Output.Write("x"u8);
                }

                await evil.Call.Output.FlushAsync().DefaultTimeout();
            }
        }
        catch (Exception e) when (e is IOException or Protocol.Grpc.GrpcException or OperationCanceledException or HttpRequestException)
        {
            // Cut, as it should be.
        }
    }

    private static async Task CloseAsync(ScriptedPeer frontend, ScriptedPeer agent, long connectId)
    {
        await frontend.DisposeAsync();
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(connectId));
    }
}
