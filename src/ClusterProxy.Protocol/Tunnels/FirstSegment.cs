using System.Buffers;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>What an owner hands on in one call: one packet's payload lies in one piece.</summary>
internal static class FirstSegment
{
    /// <returns>The first piece that is not empty; a sequence's own first may be.</returns>
    public static ReadOnlyMemory<byte> Of(in ReadOnlySequence<byte> buffer)
    {
        foreach (var segment in buffer)
        {
            if (!segment.IsEmpty)
            {
                return segment;
            }
        }

        return default;
    }
}
