using System.Buffers;
using System.Net.Sockets;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// A socket as TLS should see it: the records of one turn leave in one call, and one call fetches many records. TLS alone
/// makes a call for each 16 KiB. A stream that waits owns no buffer.
/// </summary>
/// <remarks>
/// One reader and one writer at a time. Until <see cref="BufferWrites"/> every write goes out at once, since a handshake
/// does not flush.
/// </remarks>
/// <param name="socket">Connected; owned.</param>
internal sealed class TurnBufferedStream(Socket socket) : Stream
{
    /// <summary>A turn of 64 KiB and its control packets as TLS records, in the pool's next size.</summary>
    private const int WriteSize = 128 * 1024;

    private const int ReadSize = 64 * 1024;

    /// <summary>
    /// Bytes read without a wait, after which the loop goes on on another thread: the one that it is on may serve all sockets of
    /// the process.
    /// </summary>
    private const int MostBytesInTurn = 256 * 1024;

    private int _bytesInTurn;
    private byte[]? _write;
    private int _written;
    private bool _buffersWrites;
    private byte[]? _read;
    private int _readStart;
    private int _readEnd;

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>From here on a write leaves with the next flush.</summary>
    public void BufferWrites() => _buffersWrites = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read is null)
        {
            if (buffer.IsEmpty)
            {
                return await ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            }

            // TLS asks for less than a record first; the rest of what has come is kept for its next calls.
            var read = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                _readEnd = await ReceiveAsync(read, cancellationToken).ConfigureAwait(false);
            }
            catch
            {
                ArrayPool<byte>.Shared.Return(read);
                throw;
            }

            _read = read;
            _readStart = 0;
        }

        return TakeRead(buffer.Span);
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_buffersWrites)
        {
            await SendAsync(buffer, cancellationToken).ConfigureAwait(false);
            return;
        }

        while (!buffer.IsEmpty)
        {
            _write ??= ArrayPool<byte>.Shared.Rent(WriteSize);
            var part = Math.Min(buffer.Length, _write.Length - _written);
            buffer.Span[..part].CopyTo(_write.AsSpan(_written));
            _written += part;
            buffer = buffer[part..];
            if (_written == _write.Length)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    public override async Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_write is not { } write)
        {
            return;
        }

        await SendAsync(write.AsMemory(0, _written), cancellationToken).ConfigureAwait(false);
        _write = null;
        _written = 0;
        ArrayPool<byte>.Shared.Return(write);
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Flush() => throw new NotSupportedException();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    /// <remarks>Buffers are left to the collector: an operation that was cut short may still hold them.</remarks>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            socket.Dispose();
        }

        base.Dispose(disposing);
    }

    private int TakeRead(Span<byte> buffer)
    {
        var part = Math.Min(buffer.Length, _readEnd - _readStart);
        _read.AsSpan(_readStart, part).CopyTo(buffer);
        _readStart += part;
        if (_readStart == _readEnd)
        {
            ArrayPool<byte>.Shared.Return(_read!);
            _read = null;
        }

        return part;
    }

    private async ValueTask<int> ReceiveAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var receive = socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
            if (!receive.IsCompleted)
            {
                _bytesInTurn = 0;
                return await receive.ConfigureAwait(false);
            }

            var received = receive.Result;
            _bytesInTurn += received;
            if (_bytesInTurn >= MostBytesInTurn)
            {
                _bytesInTurn = 0;
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            return received;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }
}
