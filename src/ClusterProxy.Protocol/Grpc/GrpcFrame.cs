using System.Buffers;
using System.Buffers.Binary;

namespace ClusterProxy.Protocol.Grpc;

/// <summary>The five bytes before each message: a compression flag and a big-endian length.</summary>
/// <remarks>Source: gRPC over HTTP/2, "Length-Prefixed-Message".</remarks>
internal static class GrpcFrame
{
    public const int HeaderLength = 5;

    /// <summary>The receive limit of every upstream component; theirs cannot be changed by flag.</summary>
    public const int DefaultMaxMessageSize = 4 * 1024 * 1024;

    public static void WriteHeader(Span<byte> destination, int messageLength)
    {
        destination[0] = 0;
        BinaryPrimitives.WriteUInt32BigEndian(destination[1..], (uint)messageLength);
    }

    /// <summary>Cuts one message off the front of <paramref name="buffer"/>; false when it has not all arrived.</summary>
    /// <exception cref="GrpcException">The message is compressed or longer than <paramref name="maxMessageSize"/>.</exception>
    public static bool TryRead(ref ReadOnlySequence<byte> buffer, int maxMessageSize, out ReadOnlySequence<byte> message)
    {
        message = default;
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        Span<byte> header = stackalloc byte[HeaderLength];
        buffer.Slice(0, HeaderLength).CopyTo(header);
        if (header[0] != 0)
        {
            throw header[0] == 1
                ? new GrpcException(GrpcStatusCode.Unimplemented, "compressed messages are not supported; send them with identity encoding")
                : new GrpcException(GrpcStatusCode.Internal, $"a message starts with flag byte {header[0]}, expected 0 or 1");
        }

        var length = BinaryPrimitives.ReadUInt32BigEndian(header[1..]);
        if (length > (uint)maxMessageSize)
        {
            throw new GrpcException(
                GrpcStatusCode.ResourceExhausted,
                $"received message larger than max ({length} vs. {maxMessageSize})");
        }

        if (buffer.Length - HeaderLength < length)
        {
            return false;
        }

        message = buffer.Slice(HeaderLength, length);
        buffer = buffer.Slice(message.End);
        return true;
    }
}
