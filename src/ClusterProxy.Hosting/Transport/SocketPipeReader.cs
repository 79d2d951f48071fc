using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;
using Microsoft.AspNetCore.Connections;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// The input of a socket: a read takes what has come inside the call, or waits without a buffer.
/// <code>
///            ┌────────────── the socket is ready: the turn fills the buffer and completes the read ──────┐
///            ▼                                                                                           │
///   ReadAsync ─▶ idle ─ nothing has come: the socket's wait begins ─▶ parked ────────────────────────────┤
///                 ▲                                                    │   ▲                             │
///                 │                           the read is cancelled    ▼   │ the next read               │
///                 └─ the socket is ready: kept for the next read ─── waiting ◀───────── nothing after all ┘
/// </code>
/// While it is idle, whoever calls owns the buffer; parked, the socket's wait does, or whoever cancels. The socket's wait outlives
/// a cancelled read: cancelling costs no exception, and an idle connection has this object and its wait, no state machine and no
/// token.
/// </summary>
internal sealed class SocketPipeReader : PipeReader, IValueTaskSource<ReadResult>, IThreadPoolWorkItem
{
    /// <summary>Bytes of a read: those of one packet.</summary>
    private const int BufferSize = 64 * 1024;

    /// <summary>Less room than this is not worth a call.</summary>
    private const int LeastRead = 16 * 1024;

    private const int Idle = 0;
    private const int Waiting = 1;
    private const int Parked = 2;

    private readonly SocketStream _socket;
    private readonly HandshakeTurns? _handshakes;

    /// <summary>Also the lock of who cancels a read and of the turn that parks one again: nobody else has it.</summary>
    private readonly Action _onReady;

    private ManualResetValueTaskSourceCore<ReadResult> _read;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _wait;
    private CancellationTokenRegistration _given;
    private Exception? _fault;
    private byte[]? _buffer;
    private int _start;
    private int _end;
    private int _state;
    private volatile bool _cancelled;
    private bool _allExamined = true;
    private bool _more;
    private bool _isOver;
    private bool _completed;

    public SocketPipeReader(SocketStream socket, HandshakeTurns? handshakes = null)
    {
        _socket = socket;
        _handshakes = handshakes;
        _onReady = OnReady;
    }

    /// <summary>What came before a fault goes before it, and so does a cancellation.</summary>
    private bool IsBroken => _fault is not null && !_cancelled && (_allExamined || _end == _start);

    private bool HasNews => (!_allExamined && _end > _start) || _isOver || _fault is not null;

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (HasNews || _cancelled)
        {
            return Now();
        }

        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        }

        _read.Reset();
        if (Interlocked.CompareExchange(ref _state, Parked, Waiting) == Waiting)
        {
            return Park(cancellationToken);
        }

        while (_more || IsReady())
        {
            if (TryFill(out var isLong))
            {
                return isLong ? NextTurnAsync() : Now();
            }
        }

        // Nobody goes on with a read before it was returned, so the wait is this call's until it is asked to tell.
        Interlocked.Exchange(ref _state, Parked);
        var parked = Park(cancellationToken);
        _wait.UnsafeOnCompleted(_onReady);
        return parked;
    }

    public override bool TryRead(out ReadResult result)
    {
        ObjectDisposedException.ThrowIf(_completed, this);
        if (!HasNews && !_cancelled)
        {
            result = default;
            return false;
        }

        if (IsBroken)
        {
            throw _fault!;
        }

        result = Next();
        return true;
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_buffer is null || consumed.GetObject() is null)
        {
            return;
        }

        _start = consumed.GetInteger();
        _allExamined = examined.GetInteger() >= _end;
        if (_start == _end)
        {
            Release();
        }
    }

    public override void CancelPendingRead()
    {
        bool hasRead;
        lock (_onReady)
        {
            _cancelled = true;
            hasRead = TryUnpark();
        }

        if (hasRead)
        {
            // Elsewhere: the caller may hold locks that the reader takes.
            ThreadPool.UnsafeQueueUserWorkItem(static reader => reader._read.SetResult(reader.Next()), this, preferLocal: false);
        }
    }

    /// <remarks>A buffer with bytes in it is left to the collector: a read that was abandoned may still write to it.</remarks>
    public override void Complete(Exception? exception = null) => _completed = true;

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token)
    {
        _given.Dispose();
        _given = default;
        return _read.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _read.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _read.OnCompleted(continuation, state, token, flags);

    void IThreadPoolWorkItem.Execute() => OnTurn();

    private ValueTask<ReadResult> Now() => IsBroken ? ValueTask.FromException<ReadResult>(_fault!) : new(Next());

    private async ValueTask<ReadResult> NextTurnAsync()
    {
        await SocketTurns.NextAsync();
        return Next();
    }

    private ReadResult Next()
    {
        var isCanceled = _cancelled;
        _cancelled = false;
        return new ReadResult(
            _buffer is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_buffer, _start, _end - _start), isCanceled, _isOver);
    }

    /// <summary>The read that is parked now, with all that may have asked for its end before it was.</summary>
    private ValueTask<ReadResult> Park(CancellationToken cancellationToken)
    {
        if (cancellationToken.CanBeCanceled)
        {
            _given = cancellationToken.UnsafeRegister(static (reader, token) => ((SocketPipeReader)reader!).OnGivenUp(token), this);
        }

        if (_cancelled && TryUnpark())
        {
            _read.SetResult(Next());
        }

        return new(this, _read.Version);
    }

    /// <summary>True for whoever has to complete the parked read.</summary>
    private bool TryUnpark() => Interlocked.CompareExchange(ref _state, Waiting, Parked) == Parked;

    private void OnGivenUp(CancellationToken given)
    {
        bool hasRead;
        lock (_onReady)
        {
            hasRead = TryUnpark();
        }

        if (hasRead)
        {
            _read.SetException(new OperationCanceledException(given));
        }
    }

    /// <summary>Begins a wait; true when that is over at once.</summary>
    [SuppressMessage("Reliability", "CA2012", Justification = "Consumed once, here or in OnReady; a state machine would cost an allocation a wait.")]
    private bool IsReady()
    {
        _wait = _socket.WaitForBytesAsync().ConfigureAwait(false).GetAwaiter();
        if (!_wait.IsCompleted)
        {
            return false;
        }

        EndWait();
        return true;
    }

    private void EndWait()
    {
        try
        {
            _wait.GetResult();
        }
        catch (Exception e) when (SocketStream.IsFault(e))
        {
            _fault = _socket.Translate(e);
        }
    }

    private void OnReady()
    {
        EndWait();
        if (_socket.RunsInline)
        {
            OnTurn();
        }
        else if (_handshakes is not null)
        {
            _handshakes.Queue(this);
        }
        else
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    /// <summary>The wait is over: for the read that is parked now, or for the next one.</summary>
    private void OnTurn()
    {
        if (Interlocked.Exchange(ref _state, Idle) != Parked)
        {
            return;
        }

        while (!HasNews && !TryFill(out _))
        {
            if (!IsReady())
            {
                ParkAgain();
                return;
            }
        }

        if (IsBroken)
        {
            _read.SetException(_fault!);
        }
        else
        {
            _read.SetResult(Next());
        }
    }

    /// <summary>There was nothing after all. Who cancelled meanwhile found no read, so it is looked for here.</summary>
    private void ParkAgain()
    {
        var given = _given.Token;
        bool isCancelled;
        bool isGivenUp;
        lock (_onReady)
        {
            isCancelled = _cancelled;
            isGivenUp = given.IsCancellationRequested;
            Interlocked.Exchange(ref _state, isCancelled || isGivenUp ? Waiting : Parked);
        }

        _wait.UnsafeOnCompleted(_onReady);
        if (isCancelled)
        {
            _read.SetResult(Next());
        }
        else if (isGivenUp)
        {
            _read.SetException(new OperationCanceledException(given));
        }
    }

    /// <summary>False when there is nothing yet.</summary>
    private bool TryFill(out bool isLong)
    {
        isLong = false;
        if (_fault is not null)
        {
            return true;
        }

        MakeRoom();
        var room = _buffer.AsSpan(_end);
        int got;
        try
        {
            got = _socket.TryReceive(room, out isLong);
        }
        catch (Exception e) when (e is IOException or ConnectionAbortedException)
        {
            _fault = e;
            got = -1;
        }

        _isOver = got == 0;
        _more = got == room.Length;
        _end += Math.Max(got, 0);
        _allExamined &= got <= 0;
        if (_start == _end)
        {
            Release();
        }

        return got >= 0 || _fault is not null;
    }

    private void MakeRoom()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
            return;
        }

        if (_buffer.Length - _end >= LeastRead)
        {
            return;
        }

        var left = _end - _start;
        var roomy = left + LeastRead <= _buffer.Length ? _buffer : ArrayPool<byte>.Shared.Rent(_buffer.Length * 2);
        _buffer.AsSpan(_start, left).CopyTo(roomy);
        if (roomy != _buffer)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = roomy;
        }

        (_start, _end) = (0, left);
    }

    private void Release()
    {
        (_start, _end) = (0, 0);
        if (_buffer is { } buffer)
        {
            _buffer = null;
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
