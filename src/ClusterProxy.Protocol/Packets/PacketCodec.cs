using System.Buffers;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using Google.Protobuf;

namespace ClusterProxy.Protocol.Packets;

/// <summary>
/// Reads a message as a packet. The one shape in which every known sender writes DATA is read by hand and without a copy;
/// whatever deviates from it goes to Google.Protobuf, so that both always agree on what a message says.
/// </summary>
internal static class PacketCodec
{
    /// <exception cref="GrpcException">The message is no packet.</exception>
    public static ReceivedPacket Read(in ReadOnlySequence<byte> message)
    {
        if (DataPacket.TryRead(message, out var connectId, out var payload))
        {
            return new(PacketType.Data, connectId, payload, null);
        }

        Packet packet;
        try
        {
            packet = Packet.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new GrpcException(GrpcStatusCode.Internal, $"a message of {message.Length} bytes is no packet: {e.Message}", e);
        }

        if (packet.Type != PacketType.Data)
        {
            return new(packet.Type, 0, default, packet);
        }

        return packet.Data is { } data
            ? new(PacketType.Data, data.ConnectID, new ReadOnlySequence<byte>(data.Data_.Memory), null)
            : new(PacketType.Data, 0, default, null);
    }

    /// <summary>Writes a packet other than DATA with its message header.</summary>
    public static int Write(IBufferWriter<byte> output, Packet packet)
    {
        var length = packet.CalculateSize();
        GrpcFrame.WriteHeader(output.GetSpan(GrpcFrame.HeaderLength), length);
        output.Advance(GrpcFrame.HeaderLength);
        packet.WriteTo(output);
        return GrpcFrame.HeaderLength + length;
    }
}
