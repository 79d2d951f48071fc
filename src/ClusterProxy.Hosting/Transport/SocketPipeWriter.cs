using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// The output of a socket: a flush sends inside the call, completion sends FIN. What collects bytes, and waits for a socket that takes
/// no more, is made when it is needed: a connection that only ever wrote whole pieces has none.
/// </summary>
internal sealed class SocketPipeWriter : PipeWriter
{
    /// <summary>What a turn of 64 KiB comes to in TLS records; more is sent without being asked.</summary>
    private const int MostBuffered = 128 * 1024;

    private static readonly StreamPipeWriterOptions Options = new(minimumBufferSize: 16 * 1024, leaveOpen: true);

    private readonly SocketStream _stream;
    private PipeWriter? _inner;
    private byte[]? _turn;
    private int _collected;
    private bool _buffersWrites;
    private bool _leavesEnd;
    private volatile bool _sends;
    private bool _completed;

    public SocketPipeWriter(SocketStream stream) => _stream = stream;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _collected + (_inner?.UnflushedBytes ?? 0);

    private PipeWriter Inner => _inner ?? Interlocked.CompareExchange(ref _inner, Create(_stream, Options), null) ?? _inner;

    public override void Advance(int bytes) => Inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => Inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => Inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => Inner.CancelPendingFlush();

    /// <summary>Sends what was written. A connection that is gone is a completed flush, as with any pipe whose reader has left.</summary>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        _inner is null && _turn is null ? default : WriteAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);

    /// <summary>
    /// From here on <see cref="WriteAsync"/> only collects, until a flush or an empty write: a TLS stream makes a write of every
    /// record, 16 KiB, and an empty one of its flush.
    /// </summary>
    public void BufferWrites() => _buffersWrites = true;

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_buffersWrites && _inner is not { UnflushedBytes: > 0 })
        {
            return CollectOrSend(source, cancellationToken);
        }

        if (_inner is null && !source.IsEmpty && !cancellationToken.IsCancellationRequested && _stream.TrySend(ref source))
        {
            return default;
        }

        return SendAsync(source, cancellationToken);
    }

    /// <summary>From here on completion sends no FIN.</summary>
    public void LeaveEnd() => _leavesEnd = true;

    /// <summary>Sends FIN. What was not flushed is dropped.</summary>
    public override void Complete(Exception? exception = null)
    {
        if (!_sends)
        {
            // Else its buffers are left to the collector: in the pool they would be another connection's while they are sent here.
            Inner.Complete(exception ?? new OperationCanceledException());
            ReleaseTurn();
        }

        Finish();
    }

    public override async ValueTask CompleteAsync(Exception? exception = null)
    {
        if (exception is null && !_completed && UnflushedBytes > 0)
        {
            await FlushAsync();
        }

        Complete(exception);
    }

    /// <summary>
    /// Sends what is left, and FIN. A flush that was given up leaves bytes behind, and a peer that took none of them then need not take
    /// any now.
    /// </summary>
    /// <param name="limit">Fires when the peer has had its time.</param>
    public async ValueTask EndAsync(CancellationToken limit)
    {
        try
        {
            if (!_completed && UnflushedBytes > 0)
            {
                await FlushAsync(limit);
            }
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            // It is cut.
        }

        Complete();
    }

    private async ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        _sends = true;
        try
        {
            return await Inner.WriteAsync(source, cancellationToken);
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            _inner = Create(Stream.Null, Options);
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
        finally
        {
            _sends = false;
        }
    }

    /// <summary>In one piece, since each is a send of its own; one that the socket takes at once needs no state machine.</summary>
    private ValueTask<FlushResult> CollectOrSend(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        if (!source.IsEmpty && _collected + source.Length <= MostBuffered)
        {
            _turn ??= ArrayPool<byte>.Shared.Rent(MostBuffered);
            source.Span.CopyTo(_turn.AsSpan(_collected));
            _collected += source.Length;
            return default;
        }

        _sends = true;
        var turn = new ReadOnlyMemory<byte>(_turn, 0, _collected);
        if (cancellationToken.IsCancellationRequested || !TrySend(ref turn) || !TrySend(ref source))
        {
            return SendRestAsync(turn, source, cancellationToken);
        }

        _sends = false;
        ReleaseTurn();
        return default;
    }

    private bool TrySend(ref ReadOnlyMemory<byte> rest) => rest.IsEmpty || _stream.TrySend(ref rest);

    private async ValueTask<FlushResult> SendRestAsync(ReadOnlyMemory<byte> turn, ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        try
        {
            await _stream.WriteAsync(turn, cancellationToken);
            await _stream.WriteAsync(source, cancellationToken);
            ReleaseTurn();
            return default;
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            return new FlushResult(isCanceled: false, isCompleted: true);
        }
        finally
        {
            // What is left of a turn that was given up makes no sense to anybody, and its buffer is the collector's, as at completion.
            (_turn, _collected) = (null, 0);
            _sends = false;
        }
    }

    private void ReleaseTurn()
    {
        _collected = 0;
        if (_turn is { } turn)
        {
            _turn = null;
            ArrayPool<byte>.Shared.Return(turn);
        }
    }

    private void Finish()
    {
        if (!_completed)
        {
            _completed = true;
            if (!_leavesEnd)
            {
                _stream.Finish();
            }
        }
    }
}
