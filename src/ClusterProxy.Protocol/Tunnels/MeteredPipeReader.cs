using System.Buffers;
using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>A pipe's reading end that knows how much waits in it, and since when nobody has taken anything.</summary>
internal sealed class MeteredPipeReader(PipeReader inner, TimeProvider time) : PipeReader
{
    private ReadOnlySequence<byte> _current;
    private long _queued;
    private long _progress = time.GetTimestamp();

    /// <summary>Bytes queued and not consumed.</summary>
    public long QueuedBytes => Volatile.Read(ref _queued);

    /// <summary>How long bytes have waited with none of them taken.</summary>
    public TimeSpan TimeWithoutProgress => time.GetElapsedTime(Volatile.Read(ref _progress));

    /// <summary>The producer is about to flush <paramref name="bytes"/> more.</summary>
    public void OnQueued(long bytes)
    {
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
            Volatile.Write(ref _progress, time.GetTimestamp());
        }

        inner.AdvanceTo(consumed, examined);
    }

    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        var result = await inner.ReadAsync(cancellationToken).ConfigureAwait(false);
        _current = result.Buffer;
        return result;
    }

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
        Volatile.Write(ref _queued, 0);
        inner.Complete(exception);
    }
}
