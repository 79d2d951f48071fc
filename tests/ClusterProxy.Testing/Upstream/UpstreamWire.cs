using System.Collections.Concurrent;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Testing.Upstream;

/// <summary>Notes what a peer of upstream's would not understand, or would understand wrongly.</summary>
internal sealed class UpstreamWire
{
    private readonly ConcurrentQueue<string> _violations = new();

    public void Check(Packet packet)
    {
        if (packet.Type > PacketType.Drain)
        {
            _violations.Enqueue($"a packet of type {packet.Type}");
        }

        // Upstream's client takes it for the end of the stream.
        if (packet.Type == PacketType.Data && packet.Data.Data_.IsEmpty)
        {
            _violations.Enqueue("an empty DATA");
        }

        if (packet.DialResponse is { Features.Length: > 0 } or { Connection.Length: > 0 })
        {
            _violations.Enqueue("a DIAL_RSP with a field of ours");
        }

        if (packet.DialRequest is { Traceparent.Length: > 0 })
        {
            _violations.Enqueue("a DIAL_REQ with a trace");
        }
    }

    public void Verify()
    {
        if (!_violations.IsEmpty)
        {
            throw new InvalidOperationException($"beyond upstream's wire: {string.Join(", ", _violations.Take(10))}");
        }
    }
}
