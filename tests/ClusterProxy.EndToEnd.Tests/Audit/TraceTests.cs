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
        await frontend.SendAsync(Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"));

        Assert.Equal("", (await accepting).Traceparent);
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
