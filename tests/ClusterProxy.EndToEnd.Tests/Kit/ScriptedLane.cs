using System.Buffers;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>A lane to a server's peer port, or a frontend's own, on which the test says every packet.</summary>
internal sealed class ScriptedLane : IAsyncDisposable
{
    private readonly Stream _stream;
    private readonly PacketReader _reader;
    private readonly System.IO.Pipelines.PipeWriter _output;

    public ScriptedLane(Stream stream)
    {
        _stream = stream;
        _reader = new PacketReader(LaneProtocol.CreateInput(stream));
        _output = LaneProtocol.CreateOutput(stream);
    }

    /// <summary>Says who it is; the answer has features, or an error.</summary>
    public Task<Lane> OpenAsync(string serverId) =>
        LaneHandshake.OpenAsync(_reader, _output, serverId, TunnelFeatures.PeerLane, CancellationToken.None).DefaultTimeout();

    public Task<Lane> OpenAsFrontendAsync() =>
        LaneHandshake.OpenAsync(_reader, _output, TunnelFeatures.FrontendLane, CancellationToken.None).DefaultTimeout();

    public async Task SendAsync(params Packet[] packets)
    {
        foreach (var packet in packets)
        {
            PacketCodec.Write(_output, packet);
        }

        await _output.FlushAsync().DefaultTimeout();
    }

    public async Task SendDataAsync(long connectId, byte[] data)
    {
        _output.Advance(DataPacket.WriteHeader(_output.GetSpan(DataPacket.MaxHeaderLength), connectId, data.Length));
        _output.Write(data);
        await _output.FlushAsync().DefaultTimeout();
    }

    /// <summary>Bytes that need not be packets.</summary>
    public async Task SendRawAsync(byte[] bytes) => await _output.WriteAsync(bytes).DefaultTimeout();

    /// <summary>Dials and is connected.</summary>
    public async Task<long> DialAsync(string address, long random = 7)
    {
        await SendAsync(PacketFactory.DialRequest("tcp", address, random));
        var answer = (await HearAsync(PacketType.DialRsp)).DialResponse;
        Assert.Equal((random, ""), (answer.Random, answer.Error));
        return answer.ConnectID;
    }

    /// <summary>The next packet of this type; pings and what else a server says by itself are passed over.</summary>
    public async Task<Packet> HearAsync(PacketType type) => (await HearOneAsync(type)).Message!;

    public async Task<byte[]> HearDataAsync() => (await HearOneAsync(PacketType.Data)).Payload;

    /// <summary>Passes over whatever comes until the server ends the lane.</summary>
    public async Task HearEndAsync()
    {
        try
        {
            while (await _reader.ReadAsync(CancellationToken.None).DefaultTimeout())
            {
                while (_reader.TryRead(out _))
                {
                }
            }
        }
        catch (IOException)
        {
            // Reset: an end, too.
        }
    }

    private async Task<HeardPacket> HearOneAsync(PacketType type)
    {
        while (true)
        {
            while (_reader.TryRead(out var packet))
            {
                if (packet.Type == type)
                {
                    return new(packet.Type, packet.ConnectId, packet.Payload.ToArray(), packet.Message);
                }
            }

            Assert.True(await _reader.ReadAsync(CancellationToken.None).DefaultTimeout(), $"the lane ended before {type}");
        }
    }

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
