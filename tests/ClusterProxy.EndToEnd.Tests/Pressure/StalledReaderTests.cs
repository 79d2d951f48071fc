using ClusterProxy.Client;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Pressure;

/// <summary>
/// Who does not read costs nobody else anything. Between our own peers credit holds the sender back for as long as it takes;
/// toward a peer without credit the connection is closed after the stall limit.
/// </summary>
public sealed class StalledReaderTests(ITestOutputHelper output) : TunnelTest(output)
{
    private static readonly TimeSpan StallLimit = TimeSpan.FromSeconds(1);

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task FrontendThatDoesNotRead_HoldsUpNobody_AndLosesNothing(FrontendKind kind)
    {
        const int Length = 48 * 1024 * 1024;
        var source = Own(new SourceTarget(Length));
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Server = static o => o with { ConnectionStallLimit = StallLimit } });
        var client = fixture.Client(kind);
        await using var stalled = await client.ConnectAsync(source.Address).DefaultTimeout();
        var got = new byte[Length];
        await stalled.ReadExactlyAsync(got.AsMemory(0, 1)).DefaultTimeout();

        // Longer than the stall limit: the source stands still, everyone else goes on.
        await EchoesAsync(client, echo, untilDone: Task.Delay(StallLimit * 3));

        Assert.InRange(source.BytesSent.Value, 1, Length - 1);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(ServerMetric.Closes, ("reason", "stalled")));
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync("clusterproxy_server_stalls_total"));
        await stalled.ReadExactlyAsync(got.AsMemory(1)).DefaultTimeout();
        Assert.Equal(source.Sha256, SeededBytes.Sha256(got));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task TargetThatDoesNotRead_HoldsUpNobody_AndLosesNothing(FrontendKind kind)
    {
        const int Length = 48 * 1024 * 1024;
        var sink = Own(new SinkTarget());
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync(new() { Agent = static (o, _) => o with { ConnectionStallLimit = StallLimit } });
        var client = fixture.Client(kind);
        await using var stalled = await client.ConnectAsync(sink.Address).DefaultTimeout();
        var upload = stalled.WriteAsync(SeededBytes.Create(seed: 3, Length)).AsTask();

        await EchoesAsync(client, echo, untilDone: Task.Delay(StallLimit * 3));

        Assert.False(upload.IsCompleted);
        Assert.Equal(0, await fixture.AgentMetrics().ValueAsync(AgentMetric.Closes, ("reason", "stalled")));
        sink.AllowAll();
        await upload.DefaultTimeout();
        await stalled.CloseAsync().DefaultTimeout();
        await sink.BytesReceived.WaitForAsync(Length).DefaultTimeout();
        Assert.Equal(SeededBytes.Sha256(seed: 3, Length), sink.Sha256());
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task FrontendThatDoesNotRead_OfAgentWithoutCredit_IsClosedWithReason_AndOthersGoOn(FrontendKind kind)
    {
        var fixture = await StartAsync(new()
        {
            Agents = 0,
            Server = static o => o with { ConnectionStallLimit = StallLimit, ConnectionBufferSize = 128 * 1024 },
        });
        var client = fixture.Client(kind);
        await using var agent = await fixture.ConnectScriptedAgentAsync();
        var stalled = await DialAsync(client, agent, "stalled:1", connectId: 1);
        await using var other = await DialAsync(client, agent, "other:1", connectId: 2);

        await FloodAsync(agent, connectId: 1);
        await agent.SendDataAsync(2, "still here"u8.ToArray());

        await other.ReadExactlyAsync(new byte[10]).DefaultTimeout();
        Assert.Equal(1, (await agent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await agent.SendAsync(PacketFactory.CloseResponse(1));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.Closes, 1, ("reason", "stalled"));
        Assert.InRange(await fixture.ServerMetrics.ValueAsync("clusterproxy_server_stalls_total"), 1, double.MaxValue);
        Assert.InRange(await fixture.ServerMetrics.ValueAsync("clusterproxy_server_stall_seconds_total"), double.Epsilon, double.MaxValue);

        // What was on its way can still be read; then the cut shows, over CONNECT as no more than an end.
        var end = await Record.ExceptionAsync(() => ReadToEndAsync(stalled).DefaultTimeout());
        Assert.IsNotType<TimeoutException>(end);
        if (!FrontendCases.IsConnect(kind))
        {
            Assert.Contains(
                FrontendCases.IsLane(kind) ? "did not read within the stall limit" : "ResourceExhausted",
                Assert.IsType<IOException>(end).Message, StringComparison.Ordinal);
        }

        var closed = await fixture.Log.Log.WaitForAsync(
            static r => r.EventName == "ConnectionClosed" && Equals(r.Values.GetValueOrDefault("Target"), "stalled:1")).DefaultTimeout();
        Assert.Equal("stalled", closed.Values["Reason"]);
        await stalled.DisposeAsync().DefaultTimeout();

        // Nobody answers for the scripted agent, and closing waits for an answer.
        await agent.SendAsync(PacketFactory.CloseResponse(2));
    }

    [Theory]
    [MemberData(nameof(FrontendCases.All), MemberType = typeof(FrontendCases))]
    public async Task SlowReader_ThatGoesOnReading_GetsEveryByte(FrontendKind kind)
    {
        const int Length = 8 * 1024 * 1024;
        var source = Own(new SourceTarget(Length));
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var client = fixture.Client(kind);
        await using var slow = await client.ConnectAsync(source.Address).DefaultTimeout();
        var got = new byte[Length];

        await EchoesAsync(client, echo, untilDone: ReadSlowlyAsync(slow, got));

        Assert.Equal(source.Sha256, SeededBytes.Sha256(got));
    }

    private static async Task<TunnelStream> DialAsync(TunnelClient client, ScriptedPeer agent, string target, long connectId)
    {
        var dial = client.ConnectAsync(target);
        await agent.AcceptAsync(connectId);
        return await dial.DefaultTimeout();
    }

    /// <summary>More than sockets and windows between here and the frontend can hold.</summary>
    private static async Task FloodAsync(ScriptedPeer agent, long connectId)
    {
        var piece = new byte[64 * 1024];
        for (var i = 0; i < 512; i++)
        {
            await agent.SendDataAsync(connectId, piece);
        }
    }

    private static async Task EchoesAsync(TunnelClient client, EchoTarget echo, Task untilDone)
    {
        do
        {
            await EchoOnceAsync(client, echo);
        }
        while (!untilDone.IsCompleted);
        await untilDone.DefaultTimeout();
        await EchoOnceAsync(client, echo);
    }

    private static async Task EchoOnceAsync(TunnelClient client, EchoTarget echo)
    {
        await using var stream = await client.ConnectAsync(echo.Address).DefaultTimeout();
        var sent = SeededBytes.Create(seed: 1, length: 40_000);
        await stream.WriteAsync(sent).DefaultTimeout();
        var got = new byte[sent.Length];
        await stream.ReadExactlyAsync(got).DefaultTimeout();
        Assert.Equal(sent, got);
    }

    private static async Task ReadSlowlyAsync(TunnelStream stream, byte[] destination)
    {
        const int Piece = 32 * 1024;
        for (var at = 0; at < destination.Length; at += Piece)
        {
            for (var turn = 0; turn < 20; turn++)
            {
                await Task.Yield();
            }

            await stream.ReadExactlyAsync(destination.AsMemory(at, Piece));
        }
    }

    private static async Task ReadToEndAsync(TunnelStream stream)
    {
        var piece = new byte[64 * 1024];
        while (await stream.ReadAsync(piece) > 0)
        {
        }
    }
}
