using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Protocol.Packets;

/// <summary>
/// The receiving half of a tunnel: messages out of a pipe, packets out of messages. One loop owns it:
/// <c>while (await ReadAsync) while (TryRead)</c>.
/// </summary>
/// <param name="input">The HTTP/2 body. The reader does not complete it.</param>
/// <param name="maxMessageSize">Bytes; a longer message ends the tunnel with RESOURCE_EXHAUSTED.</param>
internal sealed class PacketReader(PipeReader input, int maxMessageSize = GrpcFrame.DefaultMaxMessageSize)
{
    private ReadOnlySequence<byte> _buffer;
    private bool _reading;
    private bool _completed;
    private bool _mayHoldPacket;

    /// <summary>
    /// Gives back what was read and waits for more; false at the end of the stream. It does not wait while there may be a whole packet
    /// in what has arrived: whoever reads one packet, as of a handshake, leaves those that came with it to the next.
    /// </summary>
    /// <exception cref="GrpcException">The stream ended inside a message.</exception>
    public ValueTask<bool> ReadAsync(CancellationToken cancellationToken) => _mayHoldPacket ? new(true) : ReadMoreAsync(cancellationToken);

    /// <summary>The next whole packet of what has arrived. Its payload is valid until the next <see cref="ReadAsync"/>.</summary>
    /// <exception cref="GrpcException">What arrived is no packet, compressed, too long, or cut off.</exception>
    public bool TryRead(out ReceivedPacket packet)
    {
        if (!GrpcFrame.TryRead(ref _buffer, maxMessageSize, out var message))
        {
            _mayHoldPacket = false;
            if (_completed && !_buffer.IsEmpty)
            {
                throw new GrpcException(GrpcStatusCode.Internal, $"the stream ended inside a message, {_buffer.Length} bytes into it");
            }

            packet = default;
            return false;
        }

        _mayHoldPacket = !_buffer.IsEmpty;
        packet = PacketCodec.Read(message);
        return true;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> ReadMoreAsync(CancellationToken cancellationToken)
    {
        if (_reading)
        {
            _reading = false;
            input.AdvanceTo(_buffer.Start, _buffer.End);
        }

        if (_completed)
        {
            return false;
        }

        var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
        _buffer = result.Buffer;
        _completed = result.IsCompleted;
        _reading = true;
        _mayHoldPacket = !_buffer.IsEmpty && !result.IsCanceled;
        if (result.IsCanceled)
        {
            throw new OperationCanceledException("the read was cancelled");
        }

        return !_completed || !_buffer.IsEmpty;
    }
}
