using System.Diagnostics.Metrics;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server;

/// <summary>Packets and payload bytes of one segment. Plain numbers, read when scraped: a packet must cost next to nothing.</summary>
/// <param name="segment">The label's value.</param>
internal sealed class PacketCounts(string segment)
{
    private static readonly string[] Names = ["DIAL_REQ", "DIAL_RSP", "CLOSE_REQ", "CLOSE_RSP", "DATA", "DIAL_CLS", "DRAIN", "Unknown"];

    private readonly long[] _packets = new long[Names.Length];
    private long _bytes;

    public string Segment { get; } = segment;

    /// <summary>Payload of DATA.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(PacketType type, long payloadBytes)
    {
        Interlocked.Increment(ref _packets[(uint)type < Names.Length - 1 ? (int)type : Names.Length - 1]);
        if (payloadBytes > 0)
        {
            Interlocked.Add(ref _bytes, payloadBytes);
        }
    }

    /// <summary>A series for each kind that has been seen, as upstream shows them.</summary>
    public IEnumerable<Measurement<long>> Measure()
    {
        for (var i = 0; i < Names.Length; i++)
        {
            if (Volatile.Read(ref _packets[i]) is var count and > 0)
            {
                yield return new(count, new("segment", Segment), new("packet_type", Names[i]));
            }
        }
    }
}
