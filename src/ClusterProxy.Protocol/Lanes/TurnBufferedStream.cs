using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace ClusterProxy.Protocol.Lanes;

/// <summary>
/// A socket as TLS should see it: the records of one turn leave in one call, and one call fetches many records. TLS alone
/// makes a call for each 16 KiB. A stream that waits owns no buffer.
/// </summary>
/// <remarks>
/// One reader and one writer at a time. Until <see cref="BufferWrites"/> every write goes out at once, since a handshake
/// does not flush. What the socket does at once needs no state machine, and a wait for bytes has none either: it goes on inside the
/// wait of the socket. After a switch of processes each of them is code that no cache holds.
/// </remarks>
internal sealed class TurnBufferedStream : Stream, IValueTaskSource<int>
{
    /// <summary>A turn of 64 KiB and its control packets as TLS records, in the pool's next size.</summary>
    private const int WriteSize = 128 * 1024;

    private const int ReadSize = 64 * 1024;

    /// <summary>
    /// Bytes read without a wait, after which the loop goes on on another thread: the one that it is on may serve all sockets of
    /// the process.
    /// </summary>
    private const int MostBytesInTurn = 256 * 1024;

    private readonly Socket _socket;
    private readonly Action _onReady;
    private ManualResetValueTaskSourceCore<int> _ready;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _wait;
    private int _bytesInTurn;
    private byte[]? _write;
    private int _written;
    private bool _buffersWrites;
    private byte[]? _read;
    private int _readStart;
    private int _readEnd;

    /// <param name="socket">Connected; owned.</param>
    public TurnBufferedStream(Socket socket)
    {
        _socket = socket;
        _socket.Blocking = false;
        _onReady = OnReady;
    }

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

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_read is not null)
        {
            return new(TakeRead(buffer.Span));
        }

        if (buffer.IsEmpty)
        {
            return WaitAsync(cancellationToken);
        }

        // TLS asks for less than a record first; the rest of what has come is kept for its next calls.
        var read = ArrayPool<byte>.Shared.Rent(ReadSize);
        if (cancellationToken.IsCancellationRequested || Receive(read, out var received) is SocketError.WouldBlock)
        {
            return ReadLaterAsync(read, buffer, cancellationToken);
        }

        Keep(read, received);
        _bytesInTurn += received;
        return _bytesInTurn < MostBytesInTurn ? new(TakeRead(buffer.Span)) : TakeReadInNextTurnAsync(buffer);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!_buffersWrites)
        {
            return SendAsync(buffer, cancellationToken);
        }

        if (buffer.Length >= WriteSize - _written)
        {
            return WriteLongAsync(buffer, cancellationToken);
        }

        Collect(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task FlushAsync(CancellationToken cancellationToken)
    {
        if (_write is null)
        {
            return Task.CompletedTask;
        }

        var rest = new ReadOnlyMemory<byte>(_write, 0, _written);
        if (cancellationToken.IsCancellationRequested || !TrySend(ref rest))
        {
            return FlushRestAsync(rest, cancellationToken);
        }

        ReleaseWrite();
        return Task.CompletedTask;
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
            _socket.Dispose();
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

    private void Keep(byte[] read, int received)
    {
        _read = read;
        _readStart = 0;
        _readEnd = received;
    }

    private void Collect(ReadOnlySpan<byte> bytes)
    {
        _write ??= ArrayPool<byte>.Shared.Rent(WriteSize);
        bytes.CopyTo(_write.AsSpan(_written));
        _written += bytes.Length;
    }

    private void ReleaseWrite()
    {
        var write = _write!;
        _write = null;
        _written = 0;
        ArrayPool<byte>.Shared.Return(write);
    }

    private SocketError Receive(Span<byte> buffer, out int received)
    {
        try
        {
            received = _socket.Receive(buffer, SocketFlags.None, out var error);
            return error is SocketError.Success or SocketError.WouldBlock ? error : throw new SocketException((int)error);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Sends what the socket takes at once; true when that is all. A fault is left to who sends the rest.</summary>
    private bool TrySend(ref ReadOnlyMemory<byte> rest)
    {
        try
        {
            var sent = _socket.Send(rest.Span, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                rest = rest[sent..];
            }

            return rest.IsEmpty;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    [SuppressMessage("Reliability", "CA2012", Justification = "Consumed once, here or in OnReady; a state machine would cost an allocation a wait.")]
    private ValueTask<int> WaitAsync(CancellationToken cancellationToken)
    {
        _bytesInTurn = 0;
        _ready.Reset();
        try
        {
            _wait = _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken).ConfigureAwait(false).GetAwaiter();
        }
        catch (ObjectDisposedException e)
        {
            return ValueTask.FromException<int>(new IOException(e.Message, e));
        }

        if (_wait.IsCompleted)
        {
            OnReady();
        }
        else
        {
            _wait.UnsafeOnCompleted(_onReady);
        }

        return new(this, _ready.Version);
    }

    private void OnReady()
    {
        Exception fault;
        try
        {
            _wait.GetResult();
            _ready.SetResult(0);
            return;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            fault = new IOException(e.Message, e);
        }
        catch (OperationCanceledException e)
        {
            fault = e;
        }

        _ready.SetException(fault);
    }

    int IValueTaskSource<int>.GetResult(short token) => _ready.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _ready.GetStatus(token);

    void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _ready.OnCompleted(continuation, state, token, flags);

    private async ValueTask<int> TakeReadInNextTurnAsync(Memory<byte> buffer)
    {
        _bytesInTurn = 0;
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        return TakeRead(buffer.Span);
    }

    private async ValueTask<int> ReadLaterAsync(byte[] read, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            var received = await _socket.ReceiveAsync(read, SocketFlags.None, cancellationToken).ConfigureAwait(false);
            _bytesInTurn = 0;
            Keep(read, received);
        }
        catch (Exception e)
        {
            ArrayPool<byte>.Shared.Return(read);
            if (e is SocketException or ObjectDisposedException)
            {
                throw new IOException(e.Message, e);
            }

            throw;
        }

        return TakeRead(buffer.Span);
    }

    private async ValueTask WriteLongAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        while (!buffer.IsEmpty)
        {
            var part = Math.Min(buffer.Length, WriteSize - _written);
            Collect(buffer.Span[..part]);
            buffer = buffer[part..];
            if (_written == WriteSize)
            {
                await FlushAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private async Task FlushRestAsync(ReadOnlyMemory<byte> rest, CancellationToken cancellationToken)
    {
        await SendAsync(rest, cancellationToken).ConfigureAwait(false);
        ReleaseWrite();
    }

    private async ValueTask SendAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            while (!buffer.IsEmpty)
            {
                buffer = buffer[await _socket.SendAsync(buffer, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw new IOException(e.Message, e);
        }
    }
}
