using System.Buffers;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Memory for the bytes of connections, each piece with room before it for the header of a packet.</summary>
internal sealed class PayloadMemory : MemoryPool<byte>
{
    /// <summary>With the room two of the largest packets; a pipe takes what is longer from elsewhere, without room.</summary>
    private const int Longest = 128 * 1024;

    private PayloadMemory()
    {
    }

    public static PayloadMemory Pool { get; } = new();

    public override int MaxBufferSize => Longest - PayloadBlock.HeaderRoom;

    public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => new PayloadBlock(Math.Max(minBufferSize, 1));

    protected override void Dispose(bool disposing)
    {
        // It holds nothing: the arrays are the shared pool's.
    }
}
