using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>The server's side of a lane without TLS.</summary>
internal sealed class ScriptedLane(Stream stream) : IAsyncDisposable
{
    private readonly PacketReader _reader = new(LaneProtocol.CreateInput(stream));
    private readonly PipeWriter _output = LaneProtocol.CreateOutput(stream);
    private readonly Queue<ScriptedPacket> _received = new();

    public static async Task<ScriptedLane> AcceptAsync(TcpListener listener)
    {
        var client = await listener.AcceptTcpClientAsync().DefaultTimeout();
        var lane = new ScriptedLane(client.GetStream());
        await LaneHandshake.ReadAsync(lane._reader, CancellationToken.None).DefaultTimeout();
        await LaneHandshake.AnswerAsync(lane._output, "", TunnelFeatures.FrontendLane, CancellationToken.None).DefaultTimeout();
        return lane;
    }

    /// <summary>A client of the listener that opens one lane.</summary>
    public static TunnelClient Client(TcpListener listener, Action<TunnelClientOptions> configure)
    {
        var options = new TunnelClientOptions
        {
            Address = new Uri($"http://{listener.LocalEndpoint}"),
            Transport = TunnelTransport.Lane,
            Lanes = 1,
        };
        configure(options);
        return new TunnelClient(options);
    }

    /// <summary>The next control packet of the type; what comes before it is passed over.</summary>
    public async Task<Packet> HearAsync(PacketType type)
    {
        while (true)
        {
            var packet = await ReceiveAsync($"{type}");
            if (packet.Type == type)
            {
                return packet.Message!;
            }
        }
    }

    /// <summary>The next packet that is neither a ping nor a credit.</summary>
    public async Task<ScriptedPacket> NextAsync()
    {
        while (true)
        {
            var packet = await ReceiveAsync("the next packet");
            if (packet.Type is not (PacketType.Ping or PacketType.Credit))
            {
                return packet;
            }
        }
    }

    public async Task SendAsync(Packet packet)
    {
        PacketCodec.Write(_output, packet);
        await _output.FlushAsync().DefaultTimeout();
    }

    /// <summary>Answers the client's close.</summary>
    public async Task AnswerCloseAsync(long connectId)
    {
        await HearAsync(PacketType.CloseReq);
        await SendAsync(PacketFactory.CloseResponse(connectId));
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task<ScriptedPacket> ReceiveAsync(string expected)
    {
        while (_received.Count == 0)
        {
            Assert.True(await _reader.ReadAsync(CancellationToken.None).DefaultTimeout(), $"the lane ended before {expected}");
            while (_reader.TryRead(out var packet))
            {
                _received.Enqueue(new(packet.Type, packet.ConnectId, packet.Payload.ToArray(), packet.Message));
            }
        }

        return _received.Dequeue();
    }
}
