using System.Buffers;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Protocol.Packets;

/// <summary>
/// The DATA packet by hand: <c>08 04 22 len (08 connectID)? (1a len bytes)?</c>, fields in ascending order, each at most once,
/// lengths exact. That is what protobuf writers produce, and reading it allocates nothing.
/// </summary>
internal static class DataPacket
{
    private const byte TypeTag = 0x08;
    private const byte TypeData = 0x04;
    private const byte DataTag = 0x22;
    private const byte ConnectIdTag = 0x08;
    private const byte BytesTag = 0x1a;
    private const int MaxVarintLength = 10;

    /// <summary>Message header, type, both length prefixes, connect id: the most that stands before the payload.</summary>
    public const int MaxHeaderLength = GrpcFrame.HeaderLength + 2 + 1 + 5 + 1 + MaxVarintLength + 1 + 5;

    /// <summary>False for any other shape, which says nothing about whether the message is valid.</summary>
    public static bool TryRead(in ReadOnlySequence<byte> message, out long connectId, out ReadOnlySequence<byte> payload)
    {
        connectId = 0;
        payload = default;
        Span<byte> scratch = stackalloc byte[MaxHeaderLength];
        var headLength = (int)Math.Min(message.Length, MaxHeaderLength);
        scoped var head = message.FirstSpan;
        if (head.Length < headLength)
        {
            message.Slice(0, headLength).CopyTo(scratch);
            head = scratch[..headLength];
        }

        if (head.Length < 4 || head[0] != TypeTag || head[1] != TypeData || head[2] != DataTag)
        {
            return false;
        }

        var at = 3;
        if (!TryReadVarint(head, ref at, out var dataLength) || (ulong)(message.Length - at) != dataLength)
        {
            return false;
        }

        if (at < head.Length && head[at] == ConnectIdTag)
        {
            at++;
            if (!TryReadVarint(head, ref at, out var id))
            {
                return false;
            }

            connectId = (long)id;
        }

        if (at == message.Length)
        {
            return true;
        }

        if (at >= head.Length || head[at++] != BytesTag ||
            !TryReadVarint(head, ref at, out var length) || (ulong)(message.Length - at) != length)
        {
            return false;
        }

        payload = message.Slice(at);
        return true;
    }

    /// <summary>Writes everything before the payload, message header included, and returns its length.</summary>
    /// <param name="destination">At least <see cref="MaxHeaderLength"/> bytes.</param>
    /// <param name="connectId">Any value but 0, which means none.</param>
    /// <param name="payloadLength">At least 1: an empty DATA reads as end of stream at upstream's client.</param>
    public static int WriteHeader(Span<byte> destination, long connectId, int payloadLength)
    {
        ArgumentOutOfRangeException.ThrowIfZero(connectId);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(payloadLength);
        var dataLength = 1 + VarintLength((ulong)connectId) + 1 + VarintLength((ulong)payloadLength) + payloadLength;
        var messageLength = 3 + VarintLength((ulong)dataLength) + dataLength;
        GrpcFrame.WriteHeader(destination, messageLength);
        var at = GrpcFrame.HeaderLength;
        destination[at++] = TypeTag;
        destination[at++] = TypeData;
        destination[at++] = DataTag;
        at += WriteVarint(destination[at..], (ulong)dataLength);
        destination[at++] = ConnectIdTag;
        at += WriteVarint(destination[at..], (ulong)connectId);
        destination[at++] = BytesTag;
        at += WriteVarint(destination[at..], (ulong)payloadLength);
        return at;
    }

    private static bool TryReadVarint(ReadOnlySpan<byte> source, ref int at, out ulong value)
    {
        value = 0;
        for (var shift = 0; shift < 64 && at < source.Length; shift += 7)
        {
            var b = source[at++];
            value |= (ulong)(b & 0x7f) << shift;
            if (b < 0x80)
            {
                return true;
            }
        }

        return false;
    }

    private static int WriteVarint(Span<byte> destination, ulong value)
    {
        var at = 0;
        for (; value >= 0x80; value >>= 7)
        {
            destination[at++] = (byte)(value | 0x80);
        }

        destination[at++] = (byte)value;
        return at;
    }

    private static int VarintLength(ulong value) => (63 - System.Numerics.BitOperations.LeadingZeroCount(value | 1)) / 7 + 1;
}
