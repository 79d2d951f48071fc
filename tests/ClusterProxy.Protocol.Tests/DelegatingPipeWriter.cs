using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tests;

/// <summary>A pipe's writing end, for those that change one thing of it.</summary>
internal abstract class DelegatingPipeWriter(PipeWriter inner) : PipeWriter
{
    protected PipeWriter Inner => inner;

    public override void Advance(int bytes) => inner.Advance(bytes);

    public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

    public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

    public override void CancelPendingFlush() => inner.CancelPendingFlush();

    public override void Complete(Exception? exception = null) => inner.Complete(exception);

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) => inner.FlushAsync(cancellationToken);
}
