using System.Diagnostics.Metrics;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Packets;

/// <summary>Packets and payload bytes of one segment. Plain numbers, read when scraped: a packet must cost next to nothing.</summary>
/// <param name="segment">The label's value.</param>
internal sealed class PacketCounts(string segment)
{
    private const int Ours = (int)PacketType.Drain + 1;

    private static readonly string[] Names =
    [
        "DIAL_REQ", "DIAL_RSP", "CLOSE_REQ", "CLOSE_RSP", "DATA", "DIAL_CLS", "DRAIN", "HALF_CLOSE", "CREDIT", "PING", "LANE", "SERVERS",
        "OWNERSHIP", "Unknown",
    ];

    private readonly long[] _packets = new long[Names.Length];
    private long _bytes;

    public string Segment { get; } = segment;

    /// <summary>Payload of DATA.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public void Add(PacketType type, long payloadBytes)
    {
        var index = type switch
        {
            >= PacketType.DialReq and <= PacketType.Drain => (int)type,
            PacketType.HalfClose => Ours,
            PacketType.Credit => Ours + 1,
            PacketType.Ping => Ours + 2,
            PacketType.Lane => Ours + 3,
            PacketType.Servers => Ours + 4,
            PacketType.Ownership => Ours + 5,
            _ => Ours + 6,
        };
        Interlocked.Increment(ref _packets[index]);
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
