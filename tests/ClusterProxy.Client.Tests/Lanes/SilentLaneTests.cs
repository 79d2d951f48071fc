using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
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
        await using var client = new TunnelClient(new TunnelClientOptions
        {
            Address = new Uri($"http://{listener.LocalEndpoint}"),
            Transport = TunnelTransport.Lane,
            Lanes = 1,
            TimeProvider = time,
        });
        var dialing = client.ConnectAsync("node1:443");
        await using var silent = await ServerLane.AcceptAsync(listener);
        var first = (await silent.HearAsync(PacketType.DialReq)).DialRequest;
        time.Advance(TimeSpan.FromSeconds(2));
        await silent.HearAsync(PacketType.Ping);

        // It is looked at every five seconds, and may be silent for four.
        time.Advance(TimeSpan.FromSeconds(5));
        time.Advance(TimeSpan.FromSeconds(5));

        await using var other = await ServerLane.AcceptAsync(listener);
        var second = (await other.HearAsync(PacketType.DialReq)).DialRequest;
        await other.SendAsync(PacketFactory.DialResponse(second.Random, connectId: 5));
        await using var stream = await dialing.DefaultTimeout();
        Assert.Equal(first.Random, (await silent.HearAsync(PacketType.DialCls)).CloseDial.Random);
        await silent.SendAsync(PacketFactory.DialResponse(first.Random, connectId: 4));
        Assert.Equal(4, (await silent.HearAsync(PacketType.CloseReq)).CloseRequest.ConnectID);
        await Task.WhenAll(stream.CloseAsync(), AnswerCloseAsync(other)).DefaultTimeout();
    }

    private static async Task AnswerCloseAsync(ServerLane lane)
    {
        await lane.HearAsync(PacketType.CloseReq);
        await lane.SendAsync(PacketFactory.CloseResponse(5));
    }

    /// <summary>The server's side of a lane without TLS.</summary>
    private sealed class ServerLane(Stream stream) : IAsyncDisposable
    {
        private readonly PacketReader _reader = new(LaneProtocol.CreateInput(stream));
        private readonly System.IO.Pipelines.PipeWriter _output = LaneProtocol.CreateOutput(stream);

        public static async Task<ServerLane> AcceptAsync(TcpListener listener)
        {
            var client = await listener.AcceptTcpClientAsync().DefaultTimeout();
            var lane = new ServerLane(client.GetStream());
            await LaneHandshake.ReadAsync(lane._reader, CancellationToken.None).DefaultTimeout();
            await LaneHandshake.AnswerAsync(lane._output, "", TunnelFeatures.FrontendLane, CancellationToken.None).DefaultTimeout();
            return lane;
        }

        public async Task<Packet> HearAsync(PacketType type)
        {
            while (true)
            {
                while (_reader.TryRead(out var packet))
                {
                    if (packet.Type == type)
                    {
                        return packet.Message!;
                    }
                }

                Assert.True(await _reader.ReadAsync(CancellationToken.None).DefaultTimeout(), $"the lane ended before {type}");
            }
        }

        public async Task SendAsync(Packet packet)
        {
            PacketCodec.Write(_output, packet);
            await _output.FlushAsync().DefaultTimeout();
        }

        public ValueTask DisposeAsync() => stream.DisposeAsync();
    }
}
