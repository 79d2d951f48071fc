using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>A body that knows how long its flushes take: the time a peer's window keeps this side waiting.</summary>
/// <param name="inner">The HTTP/2 body.</param>
/// <param name="time">The clock.</param>
/// <param name="onFlushed">Told the time of each flush.</param>
internal sealed class TimedPipeWriter(PipeWriter inner, TimeProvider time, Action<TimeSpan>? onFlushed = null) : PipeWriter
{
    private const long NotFlushing = -1;

    private long _flushing = NotFlushing;

    /// <summary>How long the flush in progress has waited; zero when there is none.</summary>
    public TimeSpan BlockedFor => Volatile.Read(ref _flushing) is var started && started != NotFlushing
        ? time.GetElapsedTime(started)
        : TimeSpan.Zero;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
        SendAsync(ReadOnlyMemory<byte>.Empty, cancellationToken);

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
        SendAsync(source, cancellationToken);

    /// <remarks>A flush that ends inside the call, as most do, needs no state machine.</remarks>
    private ValueTask<FlushResult> SendAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        Volatile.Write(ref _flushing, started);
        ValueTask<FlushResult> flush;
        try
        {
            flush = source.IsEmpty ? inner.FlushAsync(cancellationToken) : inner.WriteAsync(source, cancellationToken);
        }
        catch
        {
            NoteEnd(started);
            throw;
        }

        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush, started);
        }

        NoteEnd(started);
        return flush;
    }

    private async ValueTask<FlushResult> WaitAsync(ValueTask<FlushResult> flush, long started)
    {
        try
        {
            return await flush.ConfigureAwait(false);
        }
        finally
        {
            NoteEnd(started);
        }
    }

    private void NoteEnd(long started)
    {
        Volatile.Write(ref _flushing, NotFlushing);
        onFlushed?.Invoke(time.GetElapsedTime(started));
    }
}
