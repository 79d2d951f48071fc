namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>Connections that cost the server more than they should: they end, and nobody else notices.</summary>
[Collection(nameof(RawServers))]
public sealed class FloodTests(RawServerFixture fixture)
{
    [Theory]
    [MemberData(nameof(RefusalTests.Ports), MemberType = typeof(RefusalTests))]
    public async Task Pings_FromOneWhoReadsNoAnswer_AreNotHoarded(ServerPort port)
    {
        await using (var http = await OpenAsync(port))
        {
            byte[] pings = [.. Enumerable.Range(0, 1000).SelectMany(_ => RawHttp2.Frame(RawFrame.Ping, 0, 0, new byte[8]))];
            await SendUntilRefusedAsync(http, pings, times: 200);
            await VerifyOthersAreServedAsync(port);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [MemberData(nameof(RefusalTests.Ports), MemberType = typeof(RefusalTests))]
    public async Task Streams_OpenedAndResetAtOnce_LeaveNothing(ServerPort port)
    {
        await using (var http = await OpenAsync(port))
        {
            for (var batch = 0; batch < 20; batch++)
            {
                byte[] storm = [.. Enumerable.Range(batch * 100, 100).SelectMany(i => (byte[])[
                    .. RawHttp2.Call(2 * i + 1, RawAccess.MethodOf(port), ("agentid", "storm")),
                    .. RawHttp2.Frame(RawFrame.ResetStream, 0, 2 * i + 1, [0, 0, 0, 8]),
                ])];
                await SendUntilRefusedAsync(http, storm, times: 1);
            }

            await VerifyOthersAreServedAsync(port);
        }

        await fixture.VerifyUntouchedAsync();
    }

    /// <summary>Each is a tunnel, and only connections are counted by certificate.</summary>
    [Fact]
    public async Task Calls_PastWhatAConnectionMayHave_AreRefused()
    {
        const int Most = 16;
        const int ResourceExhausted = 8;
        await using (var http = await OpenAsync(ServerPort.Agent))
        {
            for (var i = 0; i < Most; i++)
            {
                var stream = (2 * i) + 1;
                await http.SendAsync(RawHttp2.Call(stream, RawAccess.MethodOf(ServerPort.Agent), ("agentid", "many")));
                Assert.NotNull(await http.ReadUntilAsync(f => f is { Type: RawFrame.Headers, EndsStream: false } && f.StreamId == stream));
            }

            await http.SendAsync(RawHttp2.Call((2 * Most) + 1, RawAccess.MethodOf(ServerPort.Agent), ("agentid", "many")));
            Assert.Equal(ResourceExhausted, await http.ReadStatusAsync((2 * Most) + 1));
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Fact]
    public async Task Agent_WhoseUnknownIdsNobodyReadsAnswersTo_LosesItsTunnel()
    {
        // DATA for id 9: each asks for CLOSE_REQ.
        var packet = RawHttp2.Message([0x08, 0x04, 0x22, 0x05, 0x08, 0x09, 0x1a, 0x01, 0x78]);
        await using (var http = await OpenAsync(ServerPort.Agent))
        {
            await http.SendAsync([.. RawHttp2.Call(1, RawAccess.MethodOf(ServerPort.Agent), ("agentid", "flood"))]);
            await fixture.Server.WaitForMetricAsync(1, "ready_backends");
            var frame = RawHttp2.Frame(RawFrame.Data, 0, 1, [.. Enumerable.Range(0, 1000).SelectMany(_ => packet)]);
            await SendUntilRefusedAsync(http, frame, times: 200);

            await fixture.Server.WaitForMetricAsync(0, "ready_backends");
            await VerifyOthersAreServedAsync(ServerPort.Agent);
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Theory]
    [InlineData(RawFrame.Headers, 0, "")]
    [InlineData(RawFrame.Data, 0, "00")]
    [InlineData(RawFrame.Data, 7, "00")]
    [InlineData(RawFrame.Headers, 2, "82")]
    [InlineData(RawFrame.Headers, 1, "ffffffffffffffff")]
    [InlineData(RawFrame.Ping, 0, "00")]
    [InlineData(RawFrame.Settings, 0, "0001")]
    [InlineData(RawFrame.ResetStream, 0, "00000008")]
    public async Task Frame_ThatBreaksHttp2_EndsItsConnectionWithGoAway(byte type, int stream, string payload)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            await using var http = await OpenAsync(port);
            await http.SendAsync(RawHttp2.Frame(type, RawFrame.EndHeaders, stream, Convert.FromHexString(payload)));

            Assert.NotNull(await http.ReadUntilAsync(f => f.Type == RawFrame.GoAway));
            Assert.Null(await http.ReadUntilAsync(_ => false));
        }

        await fixture.VerifyUntouchedAsync();
    }

    [Fact]
    public async Task Frame_LongerThanAllowed_EndsItsConnection()
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            await using var http = await OpenAsync(port);
            await http.SendAsync(0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 1);

            Assert.NotNull(await http.ReadUntilAsync(f => f.Type == RawFrame.GoAway));
        }

        await fixture.VerifyUntouchedAsync();
    }

    /// <summary>Stops when the other side closes, or takes no more for a while: then it is bounded, which is what matters.</summary>
    private static async Task SendUntilRefusedAsync(RawHttp2 http, byte[] frames, int times)
    {
        for (var i = 0; i < times; i++)
        {
            try
            {
                await http.SendAsync(frames).WaitAsync(TimeSpan.FromSeconds(2));
            }
            catch (Exception e) when (e is IOException or TimeoutException)
            {
                return;
            }
        }
    }

    private async Task VerifyOthersAreServedAsync(ServerPort port)
    {
        await using var http = await OpenAsync(port);
        await http.SendAsync([.. RawHttp2.Call(1, "/Nobody/Knows")]);
        await http.SendAsync(RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, 1, []));
        Assert.Equal(12, await http.ReadStatusAsync(1));
    }

    private async Task<RawHttp2> OpenAsync(ServerPort port) =>
        await RawHttp2.StartAsync(await RawAccess.OpenAsync(fixture.Server, port, "h2"));
}
