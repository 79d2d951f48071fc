namespace ClusterProxy.Interop.Tests.Raw;

/// <summary>Calls whose messages break gRPC's framing.</summary>
[Collection(nameof(RawServers))]
public sealed class MessageTests(RawServerFixture fixture)
{
    private const int Internal = 13;
    private const int Unimplemented = 12;
    private const int ResourceExhausted = 8;
    private const int DeadlineExceeded = 4;

    // CLOSE_REQ for id 1: harmless from either side.
    private static readonly byte[] Packet = [0x08, 0x02, 0x2a, 0x02, 0x08, 0x01];

    [Fact]
    public Task Message_WithCompressedFlag_IsUnimplemented() =>
        VerifyAsync(RawHttp2.Message(Packet, flag: 1), end: false, Unimplemented);

    [Fact]
    public Task Message_WithAnUnknownFlag_IsInternal() =>
        VerifyAsync(RawHttp2.Message(Packet, flag: 0x80), end: false, Internal);

    [Fact]
    public Task Message_LongerThanTheLimit_IsRefusedByItsLengthAlone() =>
        VerifyAsync(RawHttp2.Message([], length: 4 * 1024 * 1024 + 1), end: false, ResourceExhausted);

    [Fact]
    public Task Message_OfFourGigabytes_IsRefusedByItsLengthAlone() =>
        VerifyAsync(RawHttp2.Message([], length: -1), end: false, ResourceExhausted);

    [Fact]
    public Task Message_CutByTheEndOfTheStream_IsInternal() =>
        VerifyAsync(RawHttp2.Message(Packet, length: 100), end: true, Internal);

    [Fact]
    public Task Message_CutInsideItsHead_IsInternal() => VerifyAsync([0, 0, 0], end: true, Internal);

    [Fact]
    public Task Message_ThatIsNoPacket_IsInternal() => VerifyAsync(RawHttp2.Message([0xff, 0xff, 0xff]), end: false, Internal);

    [Fact]
    public Task Message_OfNoBytes_IsAnEmptyDial() => VerifyAsync(RawHttp2.Message([]), end: true, 0);

    [Fact]
    public Task Messages_ByteByByte_AreWholeAgain() => VerifyAsync(
        RawHttp2.Message(Packet), end: true, 0, (stream, bytes) =>
            [.. bytes.SelectMany(b => RawHttp2.Frame(RawFrame.Data, 0, stream, [b])), .. RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, stream, [])]);

    [Fact]
    public Task Call_WithADeadline_EndsAtIt() => VerifyAsync([], end: false, DeadlineExceeded, headers: ("grpc-timeout", "200m"));

    [Theory]
    [MemberData(nameof(RefusalTests.Ports), MemberType = typeof(RefusalTests))]
    public async Task Connection_CutInsideAMessage_LeavesNothing(ServerPort port)
    {
        var http = await OpenAsync(port);
        await http.SendAsync([
            .. RawHttp2.Call(1, RawAccess.MethodOf(port), ("agentid", "a1")),
            .. RawHttp2.Frame(RawFrame.Data, 0, 1, RawHttp2.Message(Packet, length: 1000)),
        ]);
        Assert.NotNull(await http.ReadUntilAsync(f => f.Type == RawFrame.Headers));
        await http.DisposeAsync();

        await fixture.VerifyUntouchedAsync();
    }

    private async Task VerifyAsync(
        byte[] body, bool end, int expected, Func<int, byte[], byte[]>? frames = null, params (string, string)[] headers)
    {
        foreach (var port in Enum.GetValues<ServerPort>())
        {
            await using var http = await OpenAsync(port);
            await http.SendAsync([
                .. RawHttp2.Call(1, RawAccess.MethodOf(port), [("agentid", "a1"), .. headers]),
                .. frames?.Invoke(1, body) ?? RawHttp2.Frame(RawFrame.Data, end ? RawFrame.EndStream : (byte)0, 1, body),
            ]);

            Assert.Equal(expected, await http.ReadStatusAsync(1));

            // The connection has not suffered.
            await http.SendAsync([.. RawHttp2.Call(3, "/Nobody/Knows")]);
            await http.SendAsync(RawHttp2.Frame(RawFrame.Data, RawFrame.EndStream, 3, []));
            Assert.NotNull(await http.ReadUntilAsync(f => f.StreamId == 3 && f.EndsStream));
        }

        await fixture.VerifyUntouchedAsync();
    }

    private async Task<RawHttp2> OpenAsync(ServerPort port) =>
        await RawHttp2.StartAsync(await RawAccess.OpenAsync(fixture.Server, port, "h2"));
}
