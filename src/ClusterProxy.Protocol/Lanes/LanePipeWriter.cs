using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// The output of a lane. What was written lies in one buffer until a flush, and leaves in one write; an idle lane has none. The
/// framework's writer over a stream registers with the caller's token at each flush, beside a token of its own.
/// </summary>
/// <param name="stream">Stays the caller's.</param>
internal sealed class LanePipeWriter(Stream stream) : PipeWriter
{
    /// <summary>A turn of the tunnel's writer, and the packet that goes past its end.</summary>
    private const int BufferSize = 128 * 1024;

    private byte[]? _buffer;
    private int _written;
    private bool _sends;
    private bool _completed;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _written;

    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)bytes, (uint)((_buffer?.Length ?? 0) - _written), nameof(bytes));
        _written += bytes;
    }

    public override Memory<byte> GetMemory(int sizeHint = 0) => Room(sizeHint).AsMemory(_written);

    public override Span<byte> GetSpan(int sizeHint = 0) => Room(sizeHint).AsSpan(_written);

    /// <summary>Not supported: the token of a flush ends it.</summary>
    public override void CancelPendingFlush() => throw new NotSupportedException("a lane's flush ends by its token");

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _written == 0 ? default : SendAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>Sends what was written before, and then this from where it lies.</summary>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        _written == 0 && source.IsEmpty ? default : SendAsync(source, cancellationToken);

    /// <summary>Drops what was not flushed.</summary>
    public override void Complete(Exception? exception = null)
    {
        _completed = true;
        _written = 0;
        if (!_sends)
        {
            // Else it is left to the collector: in the pool it would be somebody else's while it is sent here.
            Release();
        }
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (exception is null && !_completed)
        {
            await FlushAsync().ConfigureAwait(false);
        }

        Complete(exception);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        _sends = true;
        if (_written > 0)
        {
            await stream.WriteAsync(_buffer.AsMemory(0, _written), cancellationToken).ConfigureAwait(false);
        }

        if (!source.IsEmpty)
        {
            await stream.WriteAsync(source, cancellationToken).ConfigureAwait(false);
        }

        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);

        // Not when it failed: an operation that was cut short may still hold the buffer.
        _sends = false;
        _written = 0;
        Release();
        return default;
    }

    private byte[] Room(int sizeHint)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        var least = Math.Max(sizeHint, 1);
        if (_buffer is null)
        {
            return _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(least, BufferSize));
        }

        if (_buffer.Length - _written < least)
        {
            var longer = ArrayPool<byte>.Shared.Rent(Math.Max(_written + least, 2 * _buffer.Length));
            _buffer.AsSpan(0, _written).CopyTo(longer);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = longer;
        }

        return _buffer;
    }

    private void Release()
    {
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
