using System.Buffers.Binary;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>A hostile frontend on a lane: many dials and connections on one socket, and others' beside it on theirs.</summary>
public sealed class LaneAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const int InitialWindow = 64 * 1024;

    [Fact]
    public Task Packets_ForAnothersConnection_DoNothingToIt() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var victim = await OpenAsync(fixture);
        await using var thief = await OpenAsync(fixture);
        var victimId = await victim.DialAsync(echo.Address);
        await thief.DialAsync(echo.Address);

        await thief.SendAsync(
            PacketFactory.HalfClose(victimId), PacketFactory.Credit(victimId, -1), PacketFactory.CloseResponse(victimId),
            PacketFactory.CloseRequest(victimId, cut: true));
        Assert.Equal("Unknown connectID", (await thief.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        await thief.SendDataAsync(victimId, "stolen"u8.ToArray());
        Assert.Equal("unrecognized connectID", (await thief.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 4, ("segment", "from_client"), ("reason", "unknown_connection"));
        var log = await fixture.Log.Log.WaitForAsync("PacketRefused").DefaultTimeout();
        Assert.Equal(("frontend (cn:attacker)", victimId), (log.Values["Who"], log.Values["Id"]));
        await victim.SendDataAsync(victimId, "own"u8.ToArray());
        Assert.Equal("own"u8.ToArray(), await victim.HearDataAsync());
    });

    [Fact]
    public Task DialClose_OfAnothersDial_DoesNothingToIt() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var victim = await OpenAsync(fixture);
        await using var thief = await OpenAsync(fixture);
        await victim.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7));
        var dial = await agent.TakeDialAsync();

        await thief.SendAsync(PacketFactory.CloseDial(7), PacketFactory.CloseDial(dial.Random), PacketFactory.CloseRequest(1));
        await thief.HearAsync(PacketType.CloseRsp);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 2, ("segment", "from_client"), ("reason", "unknown_dial"));

        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        Assert.Equal("", (await victim.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal(0, await fixture.DialFailuresAsync("frontend_close"));
        await EndAsync(victim, agent);
    });

    [Fact]
    public Task DialId_InUse_IsRefused_AndNotDialledTwice() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var lane = await OpenAsync(fixture);
        await lane.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7), PacketFactory.DialRequest("tcp", $"{Evil}:2", 7));

        Assert.Contains("of that id already", (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 1, ("segment", "from_client"), ("reason", "repeated_dial"));

        Assert.Equal($"{Evil}:1", (await agent.AcceptAsync(5)).Address);
        Assert.Equal("", (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        await EndAsync(lane, agent);
    });

    [Fact]
    public Task Data_PastItsCredit_CostsThatConnection_AndNotTheLane() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var lane = await OpenAsync(fixture);
        var other = await lane.DialAsync(echo.Address, 6);
        var id = await DialEvilAsync(lane, agent);

        await lane.SendDataAsync(id, new byte[InitialWindow + 1]);

        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "protocol_error"));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.CreditViolations, 1);
        fixture.ExpectsCreditViolations = true;
        await lane.SendDataAsync(other, "goes on"u8.ToArray());
        Assert.Equal("goes on"u8.ToArray(), await lane.HearDataAsync());
    });

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(int.MaxValue)]
    [InlineData(long.MaxValue)]
    public Task Credit_ThatNoCounterHolds_CostsThatConnection(long bytes) => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var lane = await OpenAsync(fixture);
        var id = await DialEvilAsync(lane, agent);

        await lane.SendAsync(PacketFactory.Credit(id, bytes));

        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "protocol_error"));
    });

    [Fact]
    public Task Credit_GrantedOverAndOver_DoesNotOverflow() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var lane = await OpenAsync(fixture);
        var id = await DialEvilAsync(lane, agent);
        await lane.SendAsync([.. Enumerable.Range(0, 1000).Select(_ => PacketFactory.Credit(id, int.MaxValue - 1))]);

        await agent.SendDataAsync(5, "still"u8.ToArray());

        Assert.Equal("still"u8.ToArray(), await lane.HearDataAsync());
        await EndAsync(lane, agent);
    });

    [Fact]
    public Task HalfClose_Replayed_WithDataBehindIt_EndsTheDirectionOnce() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "half-close");
        await using var lane = await OpenAsync(fixture);
        var id = await DialEvilAsync(lane, agent);

        await lane.SendDataAsync(id, "all"u8.ToArray());
        await lane.SendAsync(PacketFactory.HalfClose(id));
        await lane.SendDataAsync(id, "too late"u8.ToArray());
        await lane.SendAsync(PacketFactory.HalfClose(id));

        Assert.Equal("all"u8.ToArray(), (await agent.HearAsync(PacketType.Data)).Payload);
        await agent.HearAsync(PacketType.HalfClose);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        var close = await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"));
        Assert.Equal("3", AuditFile.Text(close, "bytesToTarget"));
    });

    [Fact]
    public Task Packets_OfOthersRoles_MeanNothing() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var lane = await OpenAsync(fixture);
        var id = await lane.DialAsync(echo.Address);

        await lane.SendAsync(
            PacketFactory.DialResponse(7, id), PacketFactory.DialResponse(7, "no"), PacketFactory.CloseResponse(id, "no"), PacketFactory.Drain(),
            PacketFactory.LaneRequest("0"), PacketFactory.Servers(new ServerList { Servers = { new ListedServer { Host = "evil.example", Port = 1 } } }),
            PacketFactory.Ownership(new Ownership { Version = 1, There = { new OwnedTunnel { Number = 1, Agent = Evil, DefaultRoute = true } } }),
            PacketFactory.PingAnswer(1 << 20), new Packet { Type = (PacketType)99 });

        await lane.SendDataAsync(id, "open"u8.ToArray());
        Assert.Equal("open"u8.ToArray(), await lane.HearDataAsync());
        await fixture.ServerMetrics.WaitForAsync(
            "konnectivity_network_proxy_server_stream_packets_total", 1, ("segment", "from_client"), ("packet_type", "Unknown"));
    });

    [Theory]
    [InlineData("closes")]
    [InlineData("data")]
    [InlineData("pings")]
    public Task Flood_OfOneWhoReadsNoAnswers_CostsHimHisLane(string of) => AttackAsync(async fixture =>
    {
        await using var lane = await OpenAsync(fixture);
        var flood = FloodAsync(lane, of);

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.StreamErrors, static v => v >= 1, ("segment", "to_client"), ("code", "ResourceExhausted"));

        await fixture.Log.Log.WaitForAsync("FrontendLaneClosed").DefaultTimeout();
        await flood;
    });

    [Theory]
    [InlineData("a dial")]
    [InlineData("no packet")]
    [InlineData("a whole HTTP/2 preface")]
    [InlineData("a token of an agent's lane")]
    public Task FirstPacket_ThatIsNoLanes_EndsIt_AndIsLogged(string what) => AttackAsync(async fixture =>
    {
        await using var lane = await ConnectAsync(fixture);
        switch (what)
        {
            case "a dial":
                await lane.SendAsync(PacketFactory.DialRequest("tcp", "10.0.0.1:1", 7));
                break;
            case "a token of an agent's lane":
                await lane.SendAsync(PacketFactory.LaneRequest("0123456789abcdef0123456789abcdef"));
                break;
            default:
                await lane.SendRawAsync(what == "no packet" ? [0, 0, 0, 0, 3, 0xff, 0xff, 0xff] : "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
                break;
        }

        await lane.HearEndAsync();
        await fixture.Log.Log.WaitForAsync("FrontendLaneRefused").DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.LanesRefused, 1, ("plane", "frontend"));
        Assert.Equal(0, fixture.Server.Frontends.LaneCount);
    });

    [Fact]
    public Task Silence_InsteadOfAFirstPacket_IsCut_AndLogged() => AttackAsync(async fixture =>
    {
        await using var lane = await ConnectAsync(fixture);

        await lane.HearEndAsync();

        await fixture.Log.Log.WaitForAsync("FrontendLaneRefused").DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.LanesRefused, 1, ("plane", "frontend"));
    });

    [Theory]
    [InlineData("too long")]
    [InlineData("compressed")]
    [InlineData("no packet")]
    public Task Message_ThatIsBroken_EndsTheLane(string how) => AttackAsync(async fixture =>
    {
        await using var lane = await OpenAsync(fixture);
        var message = new byte[8];
        message[0] = (byte)(how == "compressed" ? 1 : 0);
        BinaryPrimitives.WriteInt32BigEndian(message.AsSpan(1), how == "too long" ? (4 << 20) + 1 : 3);
        message.AsSpan(5).Fill(0xff);

        await lane.SendRawAsync(message);

        await lane.HearEndAsync();
        var code = how switch { "too long" => "ResourceExhausted", "compressed" => "Unimplemented", _ => "Internal" };
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.StreamErrors, 1, ("segment", "from_client"), ("code", code));
    });

    [Theory]
    [InlineData("protocol", "this agent dials tcp only")]
    [InlineData("line breaks", "too many colons in address")]
    [InlineData("a megabyte", "longer than")]
    public Task Address_ThatIsForged_IsRefused_AndForgesNoLine(string what, string error) => AttackAsync(async fixture =>
    {
        await using var lane = await OpenAsync(fixture);
        var (protocol, address) = what switch
        {
            "protocol" => ("unix", "/run/secrets.sock"),
            "line breaks" => ("tcp", "alpha:443\r\n{\"event\":\"dial\",\"result\":\"connected\"}\u001b[2J:1"),
            _ => ("tcp", $"{Evil}:1" + new string('0', 1 << 20)),
        };

        await lane.SendAsync(PacketFactory.DialRequest(protocol, address, 7));

        Assert.Contains(error, (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        await Audit.WaitForAsync(("event", "dial"), ("frontend", "lane"), ("result", "error_response"));
        Assert.All(Audit.Lines, static l => Assert.InRange(l.GetRawText().Length, 1, 4096));
        Assert.All(Audit.Lines, static l => Assert.NotEqual("", AuditFile.Text(l, "server")));
        Assert.DoesNotContain((await fixture.Log.Log.WaitForAsync("DialFailed").DefaultTimeout()).Message, char.IsControl);
    });

    [Fact]
    public Task PendingDials_PastTheirLimit_AreRefused() => AttackAsync(
        async fixture =>
        {
            await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
            await using var lane = await OpenAsync(fixture);
            await lane.SendAsync([.. Enumerable.Range(1, 50).Select(i => PacketFactory.DialRequest("tcp", $"{Evil}:1", i))]);

            for (var refused = 0; refused < 40; refused++)
            {
                Assert.Contains("too many dials", (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
            }

            Assert.Equal(40, await fixture.DialFailuresAsync("too_many_pending_dials"));
            Assert.Equal(10, fixture.Server.Router.PendingCount);

            // The end of the lane is that of its dials.
            await lane.DisposeAsync();
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.PendingDials, 0);
        },
        server: static o => o with { MaxPendingDials = 10 });

    private static async Task<ScriptedLane> OpenAsync(TunnelFixture fixture)
    {
        var lane = await ConnectAsync(fixture);
        Assert.Equal("", (await lane.OpenAsFrontendAsync()).Error);
        return lane;
    }

    private static async Task<ScriptedLane> ConnectAsync(TunnelFixture fixture) => new(await Sockets.ConnectTlsAsync(
        fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client("attacker"), LaneProtocol.Alpn.ToString()));

    /// <summary>A connection of the lane's through the scripted agent, which calls it 5.</summary>
    private static async Task<long> DialEvilAsync(ScriptedLane lane, ScriptedPeer agent)
    {
        var accepting = agent.AcceptAsync(5);
        var id = await lane.DialAsync($"{Evil}:1");
        await accepting;
        return id;
    }

    /// <summary>The lane's end is that of its one connection.</summary>
    private static async Task EndAsync(ScriptedLane lane, ScriptedPeer agent)
    {
        await lane.DisposeAsync();
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
    }

    private static async Task FloodAsync(ScriptedLane lane, string of)
    {
        try
        {
            for (var batch = 0; batch < 1000; batch++)
            {
                await lane.SendAsync([.. Enumerable.Range(0, 1000).Select(i => of switch
                {
                    "closes" => PacketFactory.CloseRequest(9),
                    "pings" => PacketFactory.PingQuestion(i, answered: false),
                    _ => new Packet { Type = PacketType.Data, Data = new Data { ConnectID = 9 } },
                })]);
            }
        }
        catch (IOException)
        {
            // Cut, as it should be.
        }
    }
}
