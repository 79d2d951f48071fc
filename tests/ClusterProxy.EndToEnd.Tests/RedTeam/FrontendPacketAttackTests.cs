using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>A hostile frontend with a right to dial something, and none to what others dialled.</summary>
public sealed class FrontendPacketAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    [Fact]
    public Task Close_OfAnothersConnection_DoesNothingToIt() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        await using var victim = await fixture.OpenScriptedFrontendAsync();
        await using var thief = await fixture.OpenScriptedFrontendAsync();
        var victimId = await victim.DialAsync(echo.Address);
        await thief.DialAsync(echo.Address);

        await thief.SendAsync(PacketFactory.CloseRequest(victimId));
        await thief.SendAsync(PacketFactory.CloseResponse(victimId));
        await thief.SendAsync(PacketFactory.HalfClose(victimId));

        Assert.Equal("Unknown connectID", (await thief.HearAsync(PacketType.CloseRsp)).CloseResponse.Error);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 2, ("segment", "from_client"), ("reason", "unknown_connection"));
        var log = await fixture.Log.Log.WaitForAsync("PacketRefused").DefaultTimeout();
        Assert.Equal(("frontend (cn:client)", victimId), (log.Values["Who"], log.Values["Id"]));
        await victim.SendDataAsync(victimId, "own"u8.ToArray());
        Assert.Equal("own"u8.ToArray(), (await victim.HearAsync(PacketType.Data)).Payload);
    });

    [Fact]
    public Task DialClose_OfAnothersDial_DoesNothingToIt() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        await using var victim = await fixture.OpenScriptedFrontendAsync();
        await using var thief = await fixture.OpenScriptedFrontendAsync();
        await victim.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7));
        var dial = await agent.TakeDialAsync();

        await thief.SendAsync(PacketFactory.CloseDial(7));
        await thief.SendAsync(PacketFactory.CloseDial(dial.Random));
        await thief.SendAsync(PacketFactory.CloseRequest(1));
        await thief.HearAsync(PacketType.CloseRsp);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 2, ("segment", "from_client"), ("reason", "unknown_dial"));

        await agent.SendAsync(PacketFactory.DialResponse(dial.Random, connectId: 5));
        Assert.Equal("", (await victim.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal(0, await fixture.DialFailuresAsync("frontend_close"));
        await victim.DisposeAsync();
        await agent.HearAsync(PacketType.CloseReq);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
    });

    [Fact]
    public Task DialClose_CrossingItsAnswer_ClosesTheConnection_AndDataBehindItGoesNowhere() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
        var (frontend, id) = await DialEvilAsync(fixture, agent, connectId: 5);

        await frontend.SendAsync(PacketFactory.CloseDial(7));
        await frontend.SendDataAsync(id, "too late"u8.ToArray());

        Assert.Equal(5, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await frontend.HearAsync(PacketType.CloseRsp);
        var close = await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "frontend_closed"));
        Assert.Equal("0", AuditFile.Text(close, "bytesToTarget"));
        await frontend.DisposeAsync();
    });

    [Fact]
    public Task SecondDial_OnAStream_IsRefused_AndNotMade() => AttackAsync(async fixture =>
    {
        var echo = Own(new EchoTarget());
        var second = Own(new EchoTarget());
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.DialAsync(echo.Address);

        await frontend.SendAsync(PacketFactory.DialRequest("tcp", second.Address, 8));

        Assert.Contains("open another stream", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        Assert.Equal(0, second.Accepted.Value);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 1, ("segment", "from_client"), ("reason", "repeated_dial"));
    });

    [Fact]
    public Task Cut_WithoutTheAddition_IsAnOrdinaryClose() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}", "half-close");
        var (frontend, id) = await DialEvilAsync(fixture, agent, connectId: 5);

        await frontend.SendAsync(PacketFactory.CloseRequest(id, cut: true));

        Assert.False((await agent.HearAsync(PacketType.CloseReq)).CloseRequest.Cut);
        await agent.SendAsync(PacketFactory.CloseResponse(5));
        await frontend.HearAsync(PacketType.CloseRsp);
        await Audit.WaitForAsync(("event", "close"), ("target", $"{Evil}:1"), ("reason", "frontend_closed"));
        await frontend.DisposeAsync();
    });

    [Fact]
    public Task Closes_OfOneWhoReadsNoAnswers_CostHimHisStream() => AttackAsync(async fixture =>
    {
        var frontend = await fixture.OpenScriptedFrontendAsync();
        var flood = FloodAsync(frontend);

        await fixture.ServerMetrics.WaitForAsync(
            ServerMetric.StreamErrors, static v => v >= 1, ("segment", "to_client"), ("code", "ResourceExhausted"));

        await flood;
    });

    [Theory]
    [InlineData("unix")]
    [InlineData("udp")]
    [InlineData("tcp\r\nX: y")]
    public Task Protocol_ThatIsNotTcp_IsRefused(string protocol) => AttackAsync(async fixture =>
    {
        Assert.Contains("this agent dials tcp only", await RefusedDialAsync(fixture, "/run/secrets.sock", protocol), StringComparison.Ordinal);

        Assert.Equal(1, await fixture.DialFailuresAsync("error_response"));
        await fixture.AgentMetrics().WaitForAsync(AgentMetric.DialFailures, static v => v >= 1);
        await Audit.WaitForAsync(("event", "dial"), ("target", "/run/secrets.sock"), ("result", "error_response"));
    });

    [Fact]
    public Task Address_WithLineBreaksAndEscapes_IsRefused_AndForgesNoLine() => AttackAsync(async fixture =>
    {
        const string Forged = "alpha:443\r\n{\"event\":\"dial\",\"result\":\"connected\"}\u001b[2J:1";

        Assert.Contains("too many colons in address", await RefusedDialAsync(fixture, Forged), StringComparison.Ordinal);

        var log = await fixture.Log.Log.WaitForAsync("DialFailed").DefaultTimeout();
        Assert.DoesNotContain(log.Message, char.IsControl);
        Assert.DoesNotContain((await fixture.Log.Log.WaitForAsync("DialEnded").DefaultTimeout()).Message, char.IsControl);
        await Audit.WaitForAsync(("event", "dial"), ("result", "error_response"));
        Assert.All(Audit.Lines, static l => Assert.NotEqual("", AuditFile.Text(l, "server")));
    });

    [Fact]
    public Task Address_OfAMegabyte_IsRefused_BeforeAnAgentHearsOfIt() => AttackAsync(async fixture =>
    {
        await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");

        Assert.Contains("longer than", await RefusedDialAsync(fixture, $"{Evil}:1" + new string('0', 1 << 20)), StringComparison.Ordinal);
        Assert.Contains("longer than", await RefusedDialAsync(fixture, $"{Evil}:1", new string('t', 1 << 20)), StringComparison.Ordinal);

        Assert.Equal(2, await fixture.DialFailuresAsync("error_response"));
        Assert.Equal(0, fixture.Server.Agents.Tunnels.Sum(static t => t.PendingDialCount));
        var line = await Audit.WaitForAsync(("event", "dial"), ("result", "error_response"));
        Assert.InRange(line.GetRawText().Length, 1, 2000);
        Assert.Equal("", AuditFile.Text(line, "agent"));
    });

    [Fact]
    public Task PendingDials_PastTheirLimit_AreRefused() => AttackAsync(
        async fixture =>
        {
            await using var agent = await fixture.ConnectScriptedAgentAsync(Evil, $"host={Evil}");
            await using var waiting = await fixture.OpenScriptedFrontendAsync();
            await waiting.SendAsync(PacketFactory.DialRequest("tcp", $"{Evil}:1", 7));
            await agent.TakeDialAsync();

            Assert.Contains("too many dials", await RefusedDialAsync(fixture, $"{Evil}:2"), StringComparison.Ordinal);

            Assert.Equal(1, await fixture.DialFailuresAsync("too_many_pending_dials"));
            await Audit.WaitForAsync(("event", "dial"), ("result", "too_many_pending_dials"));
            await waiting.SendAsync(PacketFactory.CloseDial(7));
            await agent.HearAsync(PacketType.DialCls);
        },
        server: static o => o with { MaxPendingDials = 1 });

    private static async Task FloodAsync(ScriptedPeer frontend)
    {
        try
        {
            for (var batch = 0; batch < 1000; batch++)
            {
                for (var i = 0; i < 1000; i++)
                {
                    PacketCodec.Write(frontend.Call.Output, PacketFactory.CloseRequest(9));
                }

                await frontend.Call.Output.FlushAsync().DefaultTimeout();
            }
        }
        catch (Exception e) when (e is IOException or Protocol.Grpc.GrpcException or OperationCanceledException or HttpRequestException)
        {
            // Cut, as it should be.
        }
    }
}
