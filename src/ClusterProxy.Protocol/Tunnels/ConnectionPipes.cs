using System.IO.Pipelines;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Makes the pipes of a tunnel's connections. Their options are the same for all, and a seventh of a pipe.</summary>
/// <param name="limits">Of the tunnel.</param>
internal sealed class ConnectionPipes(TunnelLimits limits)
{
    /// <summary>With its room a piece of the pool's sizes.</summary>
    private const int SegmentSize = 16 * 1024 - PayloadBlock.HeaderRoom;

    /// <summary>With credit the window is the bound, and the tunnel's reader never waits.</summary>
    private readonly PipeOptions _credited = InputOptions(limits, pause: 0);

    private readonly PipeOptions _uncredited = InputOptions(limits, limits.ConnectionBuffer);

    /// <summary>Waking the flow only queues it at its writer, so it may run on the thread that wrote the bytes.</summary>
    private readonly PipeOptions _output = new(
        pool: PayloadMemory.Pool, readerScheduler: PipeScheduler.Inline, writerScheduler: limits.Scheduler, pauseWriterThreshold: limits.SendBuffer,
        resumeWriterThreshold: limits.SendBuffer / 2, minimumSegmentSize: SegmentSize, useSynchronizationContext: false);

    public Pipe CreateInput(bool hasCredit) => new(hasCredit ? _credited : _uncredited);

    public Pipe CreateOutput() => new(_output);

    private static PipeOptions InputOptions(TunnelLimits limits, int pause) => new(
        pool: PayloadMemory.Pool, readerScheduler: limits.OwnerScheduler, writerScheduler: limits.Scheduler, pauseWriterThreshold: pause,
        resumeWriterThreshold: pause / 4 * 3, minimumSegmentSize: SegmentSize, useSynchronizationContext: false);
}
