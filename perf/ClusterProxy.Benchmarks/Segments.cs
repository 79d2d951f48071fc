using System.Buffers;

namespace ClusterProxy.Benchmarks;

/// <summary>Memory as a sequence of several pieces, as a pipe hands it out.</summary>
internal sealed class Segments : ReadOnlySequenceSegment<byte>
{
    private Segments(ReadOnlyMemory<byte> memory, long index)
    {
        Memory = memory;
        RunningIndex = index;
    }

    public static ReadOnlySequence<byte> Split(ReadOnlyMemory<byte> memory, int size)
    {
        var first = new Segments(memory[..Math.Min(size, memory.Length)], 0);
        var last = first;
        for (var at = first.Memory.Length; at < memory.Length; at += last.Memory.Length)
        {
            var next = new Segments(memory.Slice(at, Math.Min(size, memory.Length - at)), at);
            last.Next = next;
            last = next;
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
