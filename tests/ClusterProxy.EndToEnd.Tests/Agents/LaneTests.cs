using System.Net;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Agents;

public sealed class LaneTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task Connections_BetweenOwnPeers_AreSpreadOverLanes(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        await WaitForLanesAsync(fixture, 2);
        var client = fixture.Client(kind);
        var streams = new List<Stream>();
        for (var i = 0; i < 6; i++)
        {
            streams.Add(Own(await client.ConnectAsync(echo.Address).DefaultTimeout()));
        }

        var tunnel = Assert.Single(fixture.Server.Agents.Tunnels);
        Assert.Equal([3, 3], tunnel.Lanes.Select(static l => l.ConnectionCount));
        Assert.Equal(6, tunnel.ConnectionCount);
        await Task.WhenAll(streams.Select((stream, i) => ShouldEchoAsync(stream, seed: i)));
    }

    [Fact]
    public async Task TunnelsPerServer_Zero_CarriesEverythingOnTheTunnel()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agent = static (o, _) => o with { TunnelsPerServer = 0 } });
        await using var stream = await fixture.Client(FrontendKind.ConnectUnix).ConnectAsync(echo.Address).DefaultTimeout();
        await ShouldEchoAsync(stream, seed: 1);
        Assert.Empty(Assert.Single(fixture.Server.Agents.Tunnels).Lanes);
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task LaneLost_EndsItsConnectionsAndIsOpenedAgain(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agent = static (o, _) => o with { TunnelsPerServer = 1 } });
        await WaitForLanesAsync(fixture, 1);
        var client = fixture.Client(kind);
        var cut = Own(await client.ConnectAsync(echo.Address).DefaultTimeout());
        await ShouldEchoAsync(cut, seed: 2);
        var tunnel = fixture.Server.Agents.Tunnels[0];
        tunnel.Lanes[0].Stop();

        Assert.True(await EndsAsync(cut));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", CloseReason.TunnelLost.ToTag()));

        // The tunnel itself serves until the lane is back.
        await using (var meanwhile = await client.ConnectAsync(echo.Address).DefaultTimeout())
        {
            await ShouldEchoAsync(meanwhile, seed: 3);
        }

        await WaitForLanesAsync(fixture, 1);
        Assert.Same(tunnel, Assert.Single(fixture.Server.Agents.Tunnels));
    }

    [Fact]
    public async Task DialOnLaneThatEnds_GoesOnOnTheTunnel()
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        await using var agent = await fixture.ConnectScriptedAgentAsync("laned", features: "lanes");
        var tunnel = fixture.Server.Agents.Tunnels[0];
        await using var tls = await Sockets.ConnectTlsAsync(
            fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("laned"), LaneProtocol.Alpn.ToString());
        var reader = new PacketReader(LaneProtocol.CreateInput(tls));
        Assert.Null(await LaneHandshake.OpenAsync(reader, LaneProtocol.CreateOutput(tls), tunnel.LaneToken, CancellationToken.None).DefaultTimeout());
        await Eventually.ObserveAsync(() => Task.FromResult(tunnel.Lanes.Count == 1));

        var dial = fixture.Server.Router.DialAsync("tcp", "10.0.0.1:80", default, null, CancellationToken.None);
        Assert.True(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        Assert.True(reader.TryRead(out var onLane));
        Assert.Equal("10.0.0.1:80", onLane.Message!.DialRequest.Address);
        await tls.DisposeAsync();

        var onTunnel = (await agent.HearAsync())!.Message!.DialRequest;
        Assert.Equal("10.0.0.1:80", onTunnel.Address);
        await agent.SendAsync(PacketFactory.DialResponse(onTunnel.Random, "dial tcp 10.0.0.1:80: connect: connection refused"));
        Assert.Contains("connection refused", (await dial.DefaultTimeout()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lane_LedToAnotherServer_IsRefusedAndTheTunnelServes()
    {
        var echo = Own(new EchoTarget());
        var other = await StartAsync(new() { Agents = 0 });
        var fixture = await StartAsync(new() { Agents = 0 });
        var home = new IPEndPoint(IPAddress.Loopback, fixture.Server.AgentPort);
        var agent = await fixture.StartAgentAsync(o => o with { TunnelsPerServer = 1, SyncInterval = TimeSpan.FromMilliseconds(100) });
        await WaitForLanesAsync(fixture, 1);

        // Where a load balancer sends the next connection: its certificate is of another authority, so TLS refuses it too.
        fixture.Relay.Destinations = [new IPEndPoint(IPAddress.Loopback, other.Server.AgentPort)];
        fixture.Server.Agents.Tunnels[0].Lanes[0].Stop();
        await using (var stream = await fixture.Client(FrontendKind.GrpcUnix).ConnectAsync(echo.Address).DefaultTimeout())
        {
            await ShouldEchoAsync(stream, seed: 4);
            Assert.Empty(fixture.Server.Agents.Tunnels[0].Lanes);
        }

        fixture.Relay.Destinations = [home];
        await WaitForLanesAsync(fixture, 1);
        Assert.Equal(1, agent.OpenTunnels);
    }

    [Theory]
    [InlineData("")]
    [InlineData("00000000000000000000000000000000")]
    public async Task Lane_WithoutAToken_IsRefusedWithAText(string token)
    {
        var fixture = await StartAsync();
        await using var tls = await Sockets.ConnectTlsAsync(
            fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("stranger"), LaneProtocol.Alpn.ToString());
        var reader = new PacketReader(LaneProtocol.CreateInput(tls));

        var refusal = await LaneHandshake.OpenAsync(reader, LaneProtocol.CreateOutput(tls), token, CancellationToken.None).DefaultTimeout();

        Assert.Contains("no tunnel with that token", refusal, StringComparison.Ordinal);
        Assert.False(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
    }

    [Fact]
    public async Task Lane_ThatSaysSomethingElse_IsCut()
    {
        var fixture = await StartAsync();
        await using var tls = await Sockets.ConnectTlsAsync(
            fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("stranger"), LaneProtocol.Alpn.ToString());
        await tls.WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());
        await tls.FlushAsync();

        Assert.True(await EndsAsync(tls));
        await fixture.WaitForAgentsAsync();
    }

    private static Task WaitForLanesAsync(TunnelFixture fixture, int count) => Eventually.ObserveAsync(
        () => Task.FromResult(fixture.Server.Agents.Tunnels is [{ } tunnel] && tunnel.Lanes.Count == count));

    private static async Task ShouldEchoAsync(Stream stream, int seed)
    {
        var sent = SeededBytes.Create(seed, length: 300_000);
        var got = new byte[sent.Length];
        var reading = stream.ReadExactlyAsync(got).DefaultTimeout();
        await stream.WriteAsync(sent).DefaultTimeout();
        await reading;
        Assert.Equal(sent, got);
    }

    private static async Task<bool> EndsAsync(Stream stream)
    {
        var buffer = new byte[1024];
        try
        {
            while (await stream.ReadAsync(buffer).DefaultTimeout() > 0)
            {
            }
        }
        catch (IOException)
        {
            // A cut is an end too.
        }

        return true;
    }
}
