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

    public async Task SendAsync(Packet packet)
    {
        PacketCodec.Write(_output, packet);
        await _output.FlushAsync().DefaultTimeout();
    }

    /// <summary>The next packet of this type; pings and what else a server says by itself are passed over.</summary>
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

    public ValueTask DisposeAsync() => _stream.DisposeAsync();
}
