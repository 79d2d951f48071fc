using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using Google.Protobuf;

namespace ClusterProxy.Testing.Upstream;

/// <summary>
/// One gRPC stream as upstream's programs use theirs: a sender holds a lock until the peer's window has taken its packet. The
/// framing is its own few lines, a second opinion on the wire, and whatever is not upstream's wire is noted.
/// </summary>
/// <param name="openInput">May come as late as the first packet.</param>
/// <param name="output">Written under the lock.</param>
/// <param name="wire">Told of every packet.</param>
internal sealed class UpstreamStream(Func<CancellationToken, Task<PipeReader>> openInput, PipeWriter output, UpstreamWire wire) : IDisposable
{
    /// <summary>Upstream's agent reads as much of a target at a time, and sends it as one packet.</summary>
    public const int MaxData = 4096;

    private const int HeaderLength = 5;

    private readonly SemaphoreSlim _sending = new(1);
    private PipeReader? _input;

    public async Task SendAsync(Packet packet, CancellationToken cancellationToken)
    {
        var bytes = new byte[HeaderLength + packet.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(1), bytes.Length - HeaderLength);
        packet.WriteTo(bytes.AsSpan(HeaderLength));
        await _sending.WaitAsync(cancellationToken);
        try
        {
            if ((await output.WriteAsync(bytes, cancellationToken)).IsCompleted)
            {
                throw new IOException("the peer ended the stream");
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    public Task SendDataAsync(long connectId, ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => SendAsync(
        new() { Type = PacketType.Data, Data = new() { ConnectID = connectId, Data_ = ByteString.CopyFrom(bytes.Span) } }, cancellationToken);

    /// <summary>The next packet; null at the end of the stream.</summary>
    public async Task<Packet?> ReceiveAsync(CancellationToken cancellationToken)
    {
        _input ??= await openInput(cancellationToken);
        while (true)
        {
            var result = await _input.ReadAsync(cancellationToken);
            var buffer = result.Buffer;
            if (TryRead(buffer, out var packet, out var length))
            {
                _input.AdvanceTo(buffer.GetPosition(length));
                wire.Check(packet);
                return packet;
            }

            _input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted)
            {
                return null;
            }
        }
    }

    public void Dispose() => _sending.Dispose();

    private static bool TryRead(ReadOnlySequence<byte> buffer, out Packet packet, out int length)
    {
        (packet, length) = (null!, 0);
        Span<byte> header = stackalloc byte[HeaderLength];
        if (buffer.Length < HeaderLength)
        {
            return false;
        }

        buffer.Slice(0, HeaderLength).CopyTo(header);
        length = HeaderLength + BinaryPrimitives.ReadInt32BigEndian(header[1..]);
        if (buffer.Length < length)
        {
            return false;
        }

        packet = Packet.Parser.ParseFrom(buffer.Slice(HeaderLength, length - HeaderLength));
        return true;
    }
}
