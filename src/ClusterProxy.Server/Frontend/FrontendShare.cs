namespace ClusterProxy.Server.Frontend;

/// <summary>What one frontend has of this server, whichever way it came.</summary>
/// <param name="limit">The most connections.</param>
internal sealed class FrontendShare(int limit)
{
    /// <summary>Dials count from their start.</summary>
    public BoundedCount Connections { get; } = new(limit);

    /// <summary>
    /// Of gRPC, each of which costs what a connection does before there is a dial on it. Twice as many as connections, so that a dial too
    /// many still gets an answer of its own.
    /// </summary>
    public BoundedCount Streams { get; } = new(2L * limit);
}
