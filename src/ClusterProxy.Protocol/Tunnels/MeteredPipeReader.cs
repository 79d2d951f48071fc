using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>A pipe's reading end that knows how much waits in it, and since when nobody has taken anything.</summary>
/// <param name="inner">The pipe.</param>
/// <param name="time">The clock.</param>
/// <param name="budget">Charged with what waits, if given.</param>
/// <param name="credited">Returns credit for what is taken or dropped, if it gives any.</param>
internal sealed class MeteredPipeReader(PipeReader inner, TimeProvider time, ByteBudget? budget, TunnelConnection? credited) : PipeReader
{
    private ReadOnlySequence<byte> _current;
    private long _queued;
    private long _taken;
    private long _progress = time.GetTimestamp();

    /// <summary>Bytes queued and not consumed.</summary>
    public long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>Bytes that the reader has taken.</summary>
    public long TakenBytes => Volatile.Read(ref _taken);

    /// <summary>How long bytes have waited with none of them taken.</summary>
    public TimeSpan TimeWithoutProgress => time.GetElapsedTime(Volatile.Read(ref _progress));

    /// <summary>The producer is about to flush <paramref name="bytes"/> more.</summary>
    public void OnQueued(long bytes)
    {
        budget?.Add(bytes);
        if (Interlocked.Add(ref _queued, bytes) == bytes)
        {
            Volatile.Write(ref _progress, time.GetTimestamp());
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        var taken = _current.Slice(0, consumed).Length;
        _current = default;
        if (taken > 0)
        {
            Interlocked.Add(ref _queued, -taken);
            Volatile.Write(ref _taken, _taken + taken);
            budget?.Add(-taken);
            Volatile.Write(ref _progress, time.GetTimestamp());
        }

        inner.AdvanceTo(consumed, examined);
        if (taken > 0)
        {
            credited?.ReturnCredit(taken);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await BeginRead(cancellationToken).ConfigureAwait(false);
        EndRead(result);
        return result;
    }

    /// <summary>A read of which its result must be shown to <see cref="EndRead"/>: one that waits has no state machine.</summary>
    internal ValueTask<ReadResult> BeginRead(CancellationToken cancellationToken = default) => inner.ReadAsync(cancellationToken);

    internal void EndRead(in ReadResult result) => _current = result.Buffer;

    public override bool TryRead(out ReadResult result)
    {
        if (!inner.TryRead(out result))
        {
            return false;
        }

        _current = result.Buffer;
        return true;
    }

    public override void CancelPendingRead() => inner.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        inner.Complete(exception);
        Forget();
    }

    /// <summary>What waits will never be taken.</summary>
    public void Forget()
    {
        var left = Interlocked.Exchange(ref _queued, 0);
        if (left > 0)
        {
            budget?.Add(-left);
            credited?.ReturnDropped(left);
        }
    }
}
