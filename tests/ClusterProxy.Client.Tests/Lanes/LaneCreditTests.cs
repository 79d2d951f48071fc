using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using Google.Protobuf;

namespace ClusterProxy.Client.Tests.Lanes;

/// <summary>A server that sends more of a connection than it has credit for.</summary>
public sealed class LaneCreditTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Data_PastItsCredit_IsCounted_AndCostsThatConnectionOnly(bool thenEnds)
    {
        using var violations = new ClientInstrument("clusterproxy_client_credit_violations_total");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = ScriptedLane.Client(listener, o => o.MeterFactory = violations.Factory);
        var dialing = client.ConnectAsync("greedy:1");
        await using var lane = await ScriptedLane.AcceptAsync(listener);
        await using var greedy = await AnswerDialAsync(lane, dialing, 4);
        await using var other = await AnswerDialAsync(lane, client.ConnectAsync("other:1"), 5);
        var window = new TunnelLimits().InitialWindow;

        await SendDataAsync(lane, 4, window);
        await SendDataAsync(lane, 4, 1);
        if (thenEnds)
        {
            await lane.SendAsync(PacketFactory.HalfClose(4));
        }

        Assert.Equal(4, (await lane.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await lane.SendAsync(PacketFactory.CloseResponse(4));
        var end = await Assert.ThrowsAsync<IOException>(() => greedy.CopyToAsync(Stream.Null)).DefaultTimeout();
        Assert.Contains("broke the rules of flow control", end.Message, StringComparison.Ordinal);
        end = await Assert.ThrowsAsync<IOException>(() => greedy.CloseAsync()).DefaultTimeout();
        Assert.Contains("broke the rules of flow control", end.Message, StringComparison.Ordinal);
        Assert.Equal(1, violations.Value);
        await SendDataAsync(lane, 5, 1);
        Assert.Equal(1, await other.ReadAsync(new byte[2]).AsTask().DefaultTimeout());
        await Task.WhenAll(other.CloseAsync(), lane.AnswerCloseAsync(5)).DefaultTimeout();
    }

    private static async Task<TunnelStream> AnswerDialAsync(ScriptedLane lane, Task<TunnelStream> dialing, long connectId)
    {
        await lane.SendAsync(PacketFactory.DialResponse((await lane.HearAsync(PacketType.DialReq)).DialRequest.Random, connectId));
        return await dialing.DefaultTimeout();
    }

    private static Task SendDataAsync(ScriptedLane lane, long connectId, int length) => lane.SendAsync(new Packet
    {
        Type = PacketType.Data,
        Data = new Data { ConnectID = connectId, Data_ = UnsafeByteOperations.UnsafeWrap(new byte[length]) },
    });
}
