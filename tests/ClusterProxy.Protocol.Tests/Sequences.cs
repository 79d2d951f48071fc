using System.Buffers;

namespace ClusterProxy.Protocol.Tests;

/// <summary>Cuts bytes into the segments that a pipe may deliver them in.</summary>
internal static class Sequences
{
    public static ReadOnlySequence<byte> Split(byte[] bytes, params int[] at)
    {
        var first = new Segment(bytes.AsMemory(0, at.Length == 0 ? bytes.Length : at[0]));
        var last = first;
        for (var i = 0; i < at.Length; i++)
        {
            var end = i + 1 < at.Length ? at[i + 1] : bytes.Length;
            last = last.Append(bytes.AsMemory(at[i], end - at[i]));
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory) => Memory = memory;

        public Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
