using System.Buffers;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Puts bytes into the pipe of a connection such that a whole packet lies in one piece: whoever takes it hands it on in one call.</summary>
internal static class PayloadPieces
{
    /// <param name="output">The pipe. It is not flushed.</param>
    /// <param name="payload">Any length.</param>
    /// <param name="size">Bytes of a whole packet.</param>
    public static void Write(IBufferWriter<byte> output, in ReadOnlySequence<byte> payload, int size)
    {
        var rest = payload;
        while (!rest.IsEmpty)
        {
            var piece = rest.Slice(0, Math.Min(rest.Length, size));
            piece.CopyTo(output.GetSpan((int)piece.Length));
            output.Advance((int)piece.Length);
            rest = rest.Slice(piece.End);
        }
    }
}
