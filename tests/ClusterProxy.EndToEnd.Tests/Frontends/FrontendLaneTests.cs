using System.Text;
using ClusterProxy.Client;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Frontends;

/// <summary>What is particular about lanes; what all frontends have in common is tested on them with the others.</summary>
public sealed class FrontendLaneTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Dials = "clusterproxy_server_dials_total";

    public static TheoryData<FrontendKind> Lanes { get; } = [FrontendKind.LaneTls, FrontendKind.LaneUnix];

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Grpc_AfterItsFirstDial_GoesOnOnLanes(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(kind, static o => o.Transport = TunnelTransport.Grpc);
        await using var first = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.FrontendLanes, 2);

        var streams = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => client.ConnectAsync(echo.Address))).DefaultTimeout();

        Assert.Equal(1, await fixture.ServerMetrics.ValueAsync(Dials, ("frontend", "grpc"), ("result", "connected")));
        Assert.Equal(6, await fixture.ServerMetrics.ValueAsync(Dials, ("frontend", "lane"), ("result", "connected")));
        Assert.Equal(2, await fixture.ServerMetrics.ValueAsync(ServerMetric.FrontendLanes));
        await Task.WhenAll(streams.Append(first).Select(EchoAsync)).DefaultTimeout();
        await Task.WhenAll(streams.Select(static s => s.CloseAsync())).DefaultTimeout();
    }

    [Fact]
    public async Task Grpc_WithLanesOff_StaysOnHttp2()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.GrpcTls);
        for (var i = 0; i < 3; i++)
        {
            await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
            await EchoAsync(stream);
        }

        Assert.Equal(3, await fixture.ServerMetrics.ValueAsync(Dials, ("frontend", "grpc"), ("result", "connected")));
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.FrontendLanes));
    }

    [Fact]
    public async Task Grpc_WhereNoLaneGetsThrough_StaysOnHttp2()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.LaneTls, static o => o.Transport = TunnelTransport.Grpc);

        var home = fixture.FrontendRelay.Destinations;
        await using var first = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.FrontendLanes, 2);

        // As behind a load balancer that leads new connections elsewhere: nobody answers there.
        using var nowhere = new RefusingPort();
        fixture.FrontendRelay.Destinations = [System.Net.IPEndPoint.Parse(nowhere.Address)];
        foreach (var lane in fixture.Server.Frontends.Lanes)
        {
            lane.Drain();
        }

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.FrontendLanes, 0);
        await Eventually.ObserveAsync(async () =>
        {
            await using var another = await client.ConnectAsync(echo.Address);
            await EchoAsync(another);
            return fixture.Log.Records.Any(static r => r.EventName == "LaneFailed");
        });
        await EchoAsync(first);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(Dials, ("frontend", "lane"), ("result", "connected")));
        fixture.FrontendRelay.Destinations = home;
    }

    [Theory]
    [InlineData(TunnelTransport.Grpc)]
    [InlineData(TunnelTransport.Lane)]
    public async Task LaneCut_InMidTransfer_EndsItsConnectionsWithAReason_AndLaterDialsWork(TunnelTransport transport)
    {
        var source = Own(new SourceTarget(256 * 1024 * 1024));
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.LaneTls, o => o.Transport = transport);
        await (await client.ConnectAsync(echo.Address).DefaultTimeout()).DisposeAsync().DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.FrontendLanes, 2);
        var streams = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => client.ConnectAsync(source.Address))).DefaultTimeout();
        await Task.WhenAll(streams.Select(static async s => await s.ReadExactlyAsync(new byte[100_000]))).DefaultTimeout();

        fixture.FrontendRelay.Cut();

        foreach (var stream in streams)
        {
            var error = await Assert.ThrowsAsync<IOException>(() => ReadToEndAsync(stream).DefaultTimeout());
            Assert.Contains("ended before the connection to", error.Message, StringComparison.Ordinal);
            await stream.DisposeAsync().DefaultTimeout();
        }

        await source.Open.WaitForAsync(0).DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 4, ("reason", CloseReason.FrontendLost.ToTag()));
        await using var later = await client.ConnectAsync(echo.Address).DefaultTimeout();
        await EchoAsync(later);
    }

    [Theory]
    [MemberData(nameof(Lanes))]
    public async Task Drain_MovesNewDialsAway_AndEndsTheLaneWithItsLastConnection(FrontendKind kind)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(kind, static o => o.Lanes = 1);
        var running = await client.ConnectAsync(echo.Address).DefaultTimeout();
        var drained = Assert.Single(fixture.Server.Frontends.Lanes);

        drained.Drain();

        // The connection that runs on it goes on; a new one is on a lane of its own.
        await Eventually.ObserveAsync(async () =>
        {
            await using var other = await client.ConnectAsync(echo.Address);
            await EchoAsync(other);
            return fixture.Server.Frontends.LaneCount == 2;
        });
        await EchoAsync(running);
        await running.CloseAsync().DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.FrontendLanes, 1);
        Assert.DoesNotContain(drained, fixture.Server.Frontends.Lanes);
    }

    [Fact]
    public async Task Lane_WithACertificateOfTheOtherPlane_IsRefused()
    {
        var fixture = await StartAsync();
        var client = fixture.Client(FrontendKind.LaneTls, o =>
        {
            o.ClientCertificates.Clear();
            o.ClientCertificates.Add(fixture.AgentPlane.Client("intruder").Certificate);
        });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => client.ConnectAsync("127.0.0.1:1").DefaultTimeout());

        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.FrontendLanes));
    }

    [Fact]
    public async Task Lane_ToAServerThatServesNoGrpc_IsRefused()
    {
        var fixture = await StartAsync(new() { Mode = "http-connect" });
        foreach (var kind in (FrontendKind[])[FrontendKind.LaneTls, FrontendKind.LaneUnix])
        {
            var error = await Assert.ThrowsAsync<TunnelConnectException>(
                () => fixture.Client(kind).ConnectAsync("127.0.0.1:1").DefaultTimeout());
            Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        }
    }

    [Theory]
    [InlineData(TunnelFeatureSet.None)]
    [InlineData(TunnelFeatureSet.HalfClose | TunnelFeatureSet.Ping)]
    public async Task Lane_WithoutCredit_IsRefusedWithAText(object features)
    {
        var fixture = await StartAsync();
        await using var socket = await fixture.OpenFrontendAsync(FrontendKind.GrpcUnix);
        var reader = new PacketReader(LaneProtocol.CreateInput(socket));

        var answer = await LaneHandshake.OpenAsync(
            reader, LaneProtocol.CreateOutput(socket), (TunnelFeatureSet)features, CancellationToken.None).DefaultTimeout();

        Assert.Contains("needs the features half-close,credit,ping", answer.Error, StringComparison.Ordinal);
        Assert.False(await reader.ReadAsync(CancellationToken.None).DefaultTimeout());
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.LanesRefused, 1, ("plane", "frontend"));
        await ShouldBeSeenAsync(fixture);
    }

    [Fact]
    public async Task LanesFirstByte_InsideTlsThatAgreedOnHttp2_IsNoLane()
    {
        var fixture = await StartAsync(new() { Mode = "grpc" });
        await using var tls = await fixture.OpenFrontendAsync(FrontendKind.GrpcTls);
        await LaneProtocol.CreateOutput(tls).WriteAsync(new byte[] { 0, 0, 0, 0, 3, 8, 67, 0 }).DefaultTimeout();

        var answer = new byte[12];
        await tls.ReadExactlyAsync(answer).DefaultTimeout();

        Assert.Equal("HTTP/1.1 400", Encoding.ASCII.GetString(answer));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.RequestsRefused, 1, ("protocol", "http-connect"), ("status", "400"));
        await ShouldBeSeenAsync(fixture);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.FrontendLanes));
    }

    private static async Task EchoAsync(TunnelStream stream)
    {
        var sent = SeededBytes.Create(seed: 4, length: 200_000);
        var got = new byte[sent.Length];
        var reading = stream.ReadExactlyAsync(got).DefaultTimeout();
        await stream.WriteAsync(sent).DefaultTimeout();
        await reading;
        Assert.Equal(sent, got);
    }

    private static async Task ReadToEndAsync(TunnelStream stream)
    {
        var piece = new byte[64 * 1024];
        while (await stream.ReadAsync(piece) > 0)
        {
        }
    }
}
