using System.Buffers;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>What one end of a connection has sent and the other has got, byte by byte.</summary>
/// <param name="name">For the message of a failure.</param>
/// <param name="key">Sets the content apart from that of all others.</param>
internal sealed class ByteHistory(string name, int key)
{
    private const int Longest = 128 * 1024;

    // Read only; any window of it is as good as random.
    private static readonly byte[] Content = SeededBytes.Create(1, 2 * Longest);

    private readonly int _start = key * 7919 % Longest;

    public int Sent { get; private set; }

    public int Received { get; private set; }

    /// <summary>Makes the next bytes to send. They count at once: whoever has them may pass them on before the sender knows.</summary>
    public void Send(IBufferWriter<byte> output, int length)
    {
        output.Write(Content.AsSpan(_start + Sent, length));
        Sent += length;
    }

    /// <summary>What came is what was sent at that place.</summary>
    public void Receive(in ReadOnlySequence<byte> bytes)
    {
        foreach (var segment in bytes)
        {
            if (Received + segment.Length > Sent)
            {
                throw new SimulationException($"{name}: {Received + segment.Length} bytes arrived of {Sent} that were sent");
            }

            if (!segment.Span.SequenceEqual(Content.AsSpan(_start + Received, segment.Length)))
            {
                throw new SimulationException($"{name}: wrong bytes behind byte {Received} of {Sent}");
            }

            Received += segment.Length;
        }
    }

    /// <summary>The receiver takes the end for the end of all.</summary>
    public void End(string why)
    {
        if (Received != Sent)
        {
            throw new SimulationException($"{name}: ended as if whole ({why}) at byte {Received} of {Sent}");
        }
    }
}
