using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>HTTP/2 as no library would send it, at both ports.</summary>
public sealed class Http2AttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const int ProtocolError = 1;
    private const int InternalError = 2;
    private const int FrameSizeError = 6;
    private const int CompressionError = 9;

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task HeaderFlood_EndsItsConnection(string plane) => ShouldEndAsync(plane, ProtocolError, async http =>
    {
        await http.SendAsync(WithoutEnd(RawHttp2.Call(1, MethodOf(plane))));
        await SendUntilCutAsync(http, RawHttp2.Frame(RawFrame.Continuation, 0, 1, Header(4000)), times: 20);
    });

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task ContinuationFlood_OfEmptyFrames_EndsItsConnection(string plane) => ShouldEndAsync(plane, InternalError, async http =>
    {
        // They add nothing to any sum, so it is the time for a head that is up, 10 s.
        await http.SendAsync(WithoutEnd(RawHttp2.Call(1, MethodOf(plane))));
        await SendUntilCutAsync(http, RawHttp2.Frame(RawFrame.Continuation, 0, 1, []), times: 10_000);
    });

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task RapidReset_IsCut_OrLeavesNothing(string plane) => AttackAsync(
        async fixture =>
        {
            await using (var http = await OpenAsync(fixture, plane))
            {
                for (var stream = 1; stream < 20_000; stream += 200)
                {
                    byte[] storm = [.. Enumerable.Range(0, 100).SelectMany(i => (byte[])[
                        .. RawHttp2.Call(stream + 2 * i, MethodOf(plane), ("agentid", "storm")),
                        .. RawHttp2.Frame(RawFrame.ResetStream, 0, stream + 2 * i, [0, 0, 0, 8]),
                    ])];
                    if (!await TrySendAsync(http, storm))
                    {
                        break;
                    }
                }
            }

            await fixture.WaitForTunnelsAsync(1);
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.GrpcConnections, 1, ("service_method", "Proxy"));
        },
        allowedErrors: "Http2QueueOperationsExceeded");

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task MadeYouReset_ByAnEmptyWindowUpdate_EndsItsConnection(string plane) => ShouldEndAsync(plane, ProtocolError, async http =>
    {
        await http.SendAsync(RawHttp2.Call(1, MethodOf(plane), ("agentid", "a1")));
        await http.SendAsync(RawHttp2.Frame(RawFrame.WindowUpdate, 0, 1, [0, 0, 0, 0]));
    });

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task OversizedFrame_EndsItsConnection(string plane) => ShouldEndAsync(
        plane, FrameSizeError, static http => http.SendAsync(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1));

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task HpackTable_GrownPastItsLimit_EndsItsConnection(string plane) => ShouldEndAsync(
        plane, CompressionError, static http => http.SendAsync(RawHttp2.Frame(RawFrame.Headers, RawFrame.EndHeaders, 1, [0x3f, 0xff, 0xff, 0xff, 0x07])));

    [Theory]
    [InlineData("frontend")]
    [InlineData("agent")]
    public Task MalformedMethod_WithALineBreakInIt_EndsItsStreamOrConnection(string plane) => ShouldEndAsync(
        plane, ProtocolError, http => http.SendAsync(RawHttp2.Call(1, MethodOf(plane), ("x", "a\r\nagentid: b"))));

    private static string MethodOf(string plane) => plane == "agent" ? "/AgentService/Connect" : "/ProxyService/Proxy";

    private static async Task<RawHttp2> OpenAsync(TunnelFixture fixture, string plane) => await RawHttp2.StartAsync(
        plane == "agent"
            ? await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client("storm"), "h2")
            : await fixture.OpenFrontendAsync(FrontendKind.GrpcTls));

    /// <summary>A literal that enters no table; RFC 7541, section 6.2.2.</summary>
    private static byte[] Header(int length) =>
        [0, 1, (byte)'x', 0x7f, (byte)(((length - 127) & 0x7f) | 0x80), (byte)((length - 127) >> 7), .. Enumerable.Repeat((byte)'y', length)];

    private static byte[] WithoutEnd(byte[] headers)
    {
        headers[4] = 0;
        return headers;
    }

    private static async Task SendUntilCutAsync(RawHttp2 http, byte[] frame, int times)
    {
        const int Together = 20;
        byte[] frames = [.. Enumerable.Repeat(frame, Together).SelectMany(static f => f)];
        for (var i = 0; i < times / Together && await TrySendAsync(http, frames); i++)
        {
        }
    }

    private static async Task<bool> TrySendAsync(RawHttp2 http, byte[] frames)
    {
        try
        {
            await http.SendAsync(frames);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private Task ShouldEndAsync(string plane, int error, Func<RawHttp2, Task> attack) => AttackAsync(async fixture =>
    {
        await using var http = await OpenAsync(fixture, plane);
        var goAway = http.ReadUntilAsync(static f => f.Type == RawFrame.GoAway);

        await attack(http);

        // The sender may meet the reset before the word; then the end itself has to do.
        if (await goAway.DefaultTimeout() is { } frame)
        {
            Output.WriteLine($"GOAWAY {frame.Payload[7]}");
            Assert.Equal(error, frame.Payload[7]);
        }

        Assert.Null(await http.ReadUntilAsync(static _ => false).DefaultTimeout());
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.BrokenConnections, 1, ("plane", plane));
        var log = await fixture.Log.Log.WaitForAsync("ConnectionBroken").DefaultTimeout();
        Assert.Equal(plane, log.Values["Plane"]);
        Assert.Contains("127.0.0.1:", log.Message, StringComparison.Ordinal);
        Output.WriteLine(log.Message);
    });
}
