using System.Diagnostics;
using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Audit;

/// <summary>One trace and one connection id, from the SDK's caller to the agent.</summary>
public sealed class TraceTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Connection_HasOneId_AndItsCallersTrace_AtEveryEnd(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var audit = Own(new AuditFile());
        var fixture = await StartAsync(new() { Server = audit.Use });
        using var activity = new Activity("caller").SetIdFormat(ActivityIdFormat.W3C).Start();
        var trace = activity.TraceId.ToHexString();
        string id;
        await using (var stream = await fixture.Client(kind).ConnectAsync(echo.Address).DefaultTimeout())
        {
            id = stream.ConnectionId;
        }

        var dial = await audit.WaitForAsync(("event", "dial"), ("trace", trace));
        var connection = AuditFile.Text(dial, "connection");
        Assert.Equal(connection, id);
        await audit.WaitForAsync(("event", "close"), ("trace", trace), ("connection", connection));
        foreach (var (category, name) in ((string, string)[])[
            ("ClusterProxy.Server", "ConnectionOpened"), ("ClusterProxy.Server", "ConnectionClosed"),
            ("ClusterProxy.Agent", "DialEnded"), ("ClusterProxy.Agent", "ConnectionClosed")])
        {
            var log = await fixture.Log.Log.WaitForAsync(r => r.Category.StartsWith(category, StringComparison.Ordinal) && r.EventName == name)
                .DefaultTimeout();
            Assert.Equal(connection, log.Values["ConnectionId"]);
            Assert.Equal(trace, log.Values.GetValueOrDefault("TraceId", trace));
        }
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task TraceState_OfTheCaller_ComesToTheAgent(FrontendKind kind)
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync(features: "trace");
        using var activity = new Activity("caller") { TraceStateString = "vendor=one, other=two" }.SetIdFormat(ActivityIdFormat.W3C).Start();
        var dialing = fixture.Client(kind).ConnectAsync("target:1");

        var dial = await agent.TakeDialAsync();

        Assert.Contains(activity.TraceId.ToHexString(), dial.Traceparent, StringComparison.Ordinal);
        Assert.Equal("vendor=one,other=two", dial.Tracestate);
        await agent.SendAsync(Protocol.Packets.PacketFactory.DialResponse(dial.Random, "no"));
        await Assert.ThrowsAsync<TunnelConnectException>(() => dialing).DefaultTimeout();
    }

    [Theory]
    [InlineData("", "a=1", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1,b", "")]
    [InlineData("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1,b=2", "a=1,b=2")]
    public async Task TraceState_WithoutATrace_OrMalformed_IsNotPassedOn(string parent, string state, string expected)
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync(features: "trace");
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7, parent, state));

        Assert.Equal(expected, (await agent.AcceptAsync(1)).Tracestate);
    }

    [Fact]
    public async Task Dial_WithoutATrace_GetsOneOfItsOwn_AndAFailedOneHasItsIdEverywhere()
    {
        var port = Own(new RefusingPort());
        var audit = Own(new AuditFile());
        var fixture = await StartAsync(new() { Server = audit.Use });
        Assert.Null(Activity.Current);

        await Assert.ThrowsAsync<TunnelConnectException>(() => fixture.Client(FrontendKind.GrpcTls).ConnectAsync(port.Address).DefaultTimeout());

        var dial = await audit.WaitForAsync(("event", "dial"), ("result", "error_response"));
        Assert.Matches("^[0-9a-f]{32}$", AuditFile.Text(dial, "trace"));
        Assert.Contains("connection refused", AuditFile.Text(dial, "detail"), StringComparison.Ordinal);
        foreach (var name in (string[])["DialNamed", "DialFailed", "DialEnded"])
        {
            var log = await fixture.Log.Log.WaitForAsync(r => r.EventName == name && r.Values.ContainsKey("ConnectionId")).DefaultTimeout();
            Assert.Equal(AuditFile.Text(dial, "connection"), log.Values["ConnectionId"]);
        }
    }

    [Fact]
    public async Task PeersWithoutTheFeature_AreSentNothingOfIt()
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        var accepting = agent.AcceptAsync(1);
        await frontend.SendAsync(
            Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "a=1"));

        var heard = await accepting;
        Assert.Equal(("", ""), (heard.Traceparent, heard.Tracestate));
        Assert.Equal("", (await frontend.HearAsync(Protocol.Messages.PacketType.DialRsp)).DialResponse.Connection);
    }

    [Fact]
    public async Task AgentWithTheFeature_GetsTheConnectionsIdAsTheSpan()
    {
        var audit = Own(new AuditFile());
        var fixture = await StartAsync(new() { Agents = 0, Server = audit.Use });
        await using var agent = await fixture.ConnectScriptedAgentAsync(features: "trace");
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        var accepting = agent.AcceptAsync(1);
        await frontend.SendAsync(Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

        var sent = (await accepting).Traceparent;
        var connection = AuditFile.Text(await audit.WaitForAsync(("event", "dial")), "connection");
        Assert.Equal($"00-4bf92f3577b34da6a3ce929d0e0e4736-{connection}-01", sent);
    }
}
