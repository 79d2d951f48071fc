using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests.Lanes;

/// <summary>Lanes whose server says nothing any more, although the connection is there.</summary>
public sealed class SilentLaneTests
{
    [Fact]
    public async Task Dial_OnALaneThatFallsSilent_IsMadeOnAnother_AndItsLateAnswerIsClosed()
    {
        var time = new ManualTime();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        await using var client = ScriptedLane.Client(listener, o => o.TimeProvider = time);
        var dialing = client.ConnectAsync("node1:443");
        await using var silent = await ScriptedLane.AcceptAsync(listener);
        var first = (await silent.HearAsync(PacketType.DialReq)).DialRequest;
        time.Advance(TimeSpan.FromSeconds(2));
        await silent.HearAsync(PacketType.Ping);

        // It may owe the answer for three.
        time.Advance(TimeSpan.FromSeconds(4));

        await using var other = await ScriptedLane.AcceptAsync(listener);
        var second = (await other.HearAsync(PacketType.DialReq)).DialRequest;
        await other.SendAsync(PacketFactory.DialResponse(second.Random, connectId: 5));
        await using var stream = await dialing.DefaultTimeout();
        Assert.Equal(first.Random, (await silent.HearAsync(PacketType.DialCls)).CloseDial.Random);
        await silent.SendAsync(PacketFactory.DialResponse(first.Random, connectId: 4));
        Assert.Equal(4, (await silent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await Task.WhenAll(stream.CloseAsync(), other.AnswerCloseAsync(5)).DefaultTimeout();
    }
}
