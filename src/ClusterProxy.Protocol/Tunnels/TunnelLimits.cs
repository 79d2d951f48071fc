using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>The bounds of a tunnel and of each connection in it.</summary>
internal sealed record TunnelLimits
{
    public static TunnelLimits Default { get; } = new();

    /// <summary>Bytes of one received message; upstream's own limit.</summary>
    public int MaxMessageSize { get; init; } = GrpcFrame.DefaultMaxMessageSize;

    /// <summary>
    /// Bytes held for one connection that its receiver has not taken; past it the whole tunnel waits. 1 MiB is about one
    /// window of a fast peer, so only a receiver that is really slower than its sender gets there.
    /// </summary>
    public int ConnectionBuffer { get; init; } = 1024 * 1024;

    /// <summary>
    /// Bytes a connection may queue toward the tunnel before its own reader pauses: four packets, enough to keep the
    /// writer busy, little enough that a thousand connections behind a slow tunnel stay cheap.
    /// </summary>
    public int SendBuffer { get; init; } = 256 * 1024;

    /// <summary>
    /// How long the tunnel may wait for one connection before that connection is closed. Infinite where a tunnel has one
    /// connection only: then the wait is the peer's flow control and costs nobody else.
    /// </summary>
    public TimeSpan StallLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long CLOSE_REQ may stay unanswered; upstream's client waits as long.</summary>
    public TimeSpan CloseTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Packets other than DATA that may wait for the writer. A peer that makes this side answer without reading the
    /// answers reaches it, and loses the tunnel.
    /// </summary>
    public int ControlQueue { get; init; } = 16 * 1024;

    /// <summary>
    /// Credit, in bytes, that a dial implies: what a short exchange needs without one credit packet, and all that a receiver
    /// who never reads can cost.
    /// </summary>
    public int InitialWindow { get; init; } = 64 * 1024;

    /// <summary>
    /// Bytes up to which a window may grow however short the way is: the next packets must be under way while credit comes back
    /// and threads wake. With 256 KiB a sender on loopback waits at five grants of six, which costs a tenth more CPU a byte; two
    /// cores at 500 MB/s have 1 MiB through in two milliseconds.
    /// </summary>
    public int FreeWindow { get; init; } = 1024 * 1024;

    /// <summary>Bytes up to which a window grows: 320 MB/s at a round trip of 100 ms.</summary>
    public int MaxWindow { get; init; } = 32 * 1024 * 1024;

    /// <summary>The process's buffers together; null leaves them unlimited.</summary>
    public ByteBudget? Budget { get; init; }

    /// <summary>
    /// Where a connection's owner goes on when bytes have come for it. <see cref="PipeScheduler.Inline"/> saves waking a thread,
    /// and is for owners that never block: they run on the tunnel's reader.
    /// </summary>
    public PipeScheduler OwnerScheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>
    /// Where everything else of a tunnel that hops goes on. It is the pool, except in the simulation, which finds what only some
    /// interleavings break: it holds every step back and picks the next by a seed, so that a failing order can be repeated.
    /// </summary>
    public PipeScheduler Scheduler { get; init; } = PipeScheduler.ThreadPool;

    /// <summary>Payload bytes of one DATA packet: above, the frame overhead no longer shrinks and fairness suffers.</summary>
    public int MaxPayload { get; init; } = 64 * 1024;
}
