using System.Buffers;
using System.Runtime.InteropServices;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>One piece of <see cref="PayloadMemory"/>.</summary>
/// <param name="size">Bytes at least, besides the room.</param>
internal sealed class PayloadBlock(int size) : MemoryManager<byte>
{
    /// <summary>Bytes before the memory that users see: no less than the longest header.</summary>
    public const int HeaderRoom = 32;

    private byte[]? _array = ArrayPool<byte>.Shared.Rent(size + HeaderRoom);

    public override Memory<byte> Memory => CreateMemory(HeaderRoom, Array.Length - HeaderRoom);

    private byte[] Array => _array ?? throw new ObjectDisposedException(nameof(PayloadBlock));

    /// <summary>
    /// Makes a packet of a payload, where it lies, by a header in front of it: in the room, or in place of bytes that stood there. So what
    /// was before the payload must be of no use to anybody any more.
    /// </summary>
    /// <returns>False if the payload is not in a block.</returns>
    public static bool TryFrame(ReadOnlyMemory<byte> payload, long connectId, out ReadOnlyMemory<byte> packet)
    {
        if (!MemoryMarshal.TryGetMemoryManager(payload, out PayloadBlock? block, out var start, out var length))
        {
            packet = default;
            return false;
        }

        Span<byte> header = stackalloc byte[DataPacket.MaxHeaderLength];
        header = header[..DataPacket.WriteHeader(header, connectId, length)];
        header.CopyTo(block.Array.AsSpan(start - header.Length));
        packet = block.Array.AsMemory(start - header.Length, header.Length + length);
        return true;
    }

    public override Span<byte> GetSpan() => Array;

    public override MemoryHandle Pin(int elementIndex = 0) => Array.AsMemory(elementIndex).Pin();

    public override void Unpin()
    {
        // The handle that Pin gave out does it.
    }

    protected override bool TryGetArray(out ArraySegment<byte> segment)
    {
        segment = new ArraySegment<byte>(Array);
        return true;
    }

    protected override void Dispose(bool disposing)
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<byte>.Shared.Return(array);
        }
    }
}
