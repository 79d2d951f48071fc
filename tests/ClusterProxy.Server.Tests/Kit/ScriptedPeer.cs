using System.Buffers;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Server.Tests.Kit;

/// <summary>An agent or a frontend that says and hears exactly what the test says.</summary>
internal sealed class ScriptedPeer(GrpcClientCall call) : IAsyncDisposable
{
    private PacketReader? _reader;

    public GrpcClientCall Call { get; } = call;

    public async Task SendAsync(Packet packet)
    {
        PacketCodec.Write(Call.Output, packet);
        await Call.Output.FlushAsync().DefaultTimeout();
    }

    public async Task SendDataAsync(long connectId, ReadOnlyMemory<byte> data)
    {
        await WriteDataAsync(connectId, data).DefaultTimeout();
    }

    /// <summary>Without a timeout: for tests in which nobody reads.</summary>
    public async Task WriteDataAsync(long connectId, ReadOnlyMemory<byte> data)
    {
        var header = DataPacket.WriteHeader(Call.Output.GetSpan(DataPacket.MaxHeaderLength), connectId, data.Length);
        Call.Output.Advance(header);
        Call.Output.Write(data.Span);
        await Call.Output.FlushAsync();
    }

    /// <summary>The next packet; null at the end of the stream.</summary>
    public async Task<HeardPacket?> HearAsync()
    {
        _reader ??= new PacketReader(await Call.InputAsync(CancellationToken.None).DefaultTimeout());
        while (true)
        {
            if (_reader.TryRead(out var packet))
            {
                return new(packet.Type, packet.ConnectId, packet.Payload.ToArray(), packet.Message);
            }

            if (!await _reader.ReadAsync(CancellationToken.None).DefaultTimeout())
            {
                return null;
            }
        }
    }

    /// <summary>The next packet, which must be of this type.</summary>
    public async Task<HeardPacket> HearAsync(PacketType type)
    {
        var packet = await HearAsync();
        Assert.NotNull(packet);
        Assert.Equal(type, packet.Type);
        return packet;
    }

    /// <summary>The next packet but those that ask an agent that has been quiet for ten seconds for a sign of life.</summary>
    public async Task<HeardPacket> HearPastProbesAsync(PacketType type)
    {
        var packet = await HearAsync();
        while (packet?.Type == PacketType.CloseReq)
        {
            packet = await HearAsync();
        }

        Assert.Equal(type, packet?.Type);
        return packet!;
    }

    /// <summary>As a frontend: dial and be connected.</summary>
    public async Task<long> DialAsync(string address = "target:1", long random = 7)
    {
        await SendAsync(PacketFactory.DialRequest("tcp", address, random));
        var answer = (await HearAsync(PacketType.DialRsp)).Message!.DialResponse;
        Assert.Equal(random, answer.Random);
        Assert.Equal("", answer.Error);
        return answer.ConnectID;
    }

    /// <summary>As an agent: take the next dial and answer it.</summary>
    public async Task<DialRequest> AcceptAsync(long connectId)
    {
        var dial = await TakeDialAsync();
        await SendAsync(PacketFactory.DialResponse(dial.Random, connectId));
        return dial;
    }

    /// <summary>As an agent: take the next dial.</summary>
    public async Task<DialRequest> TakeDialAsync() => (await HearAsync(PacketType.DialReq)).Message!.DialRequest;

    public ValueTask DisposeAsync() => Call.DisposeAsync();
}
