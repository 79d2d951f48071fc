using System.Buffers;
using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tests.Simulation;

/// <summary>The sending end of a wire. As a transport does, it looks at what it was given to write until that write has ended.</summary>
internal sealed class SimulatedOutput(PipeWriter inner, SimulatedScheduler scheduler, Random random) : DelegatingPipeWriter(inner)
{
    public override async ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        while (random.Next(2) == 0)
        {
            await scheduler.YieldAsync();
        }

        cancellationToken.ThrowIfCancellationRequested();
        Inner.Write(source.Span);
        return await Inner.FlushAsync(cancellationToken);
    }
}
