namespace ClusterProxy.Server.Frontend;

/// <summary>What one frontend has of the connections through this server, whichever way it came: dials count from their start.</summary>
/// <param name="limit">The most.</param>
internal sealed class FrontendShare(int limit)
{
    private int _taken;
    private int _streams;

    public bool TryTake() => TryAdd(ref _taken, limit);

    public void Release() => Interlocked.Decrement(ref _taken);

    /// <summary>
    /// A gRPC stream, which costs what a connection does before there is a dial on it. Twice as many as connections, so that a dial too
    /// many still gets an answer of its own.
    /// </summary>
    public bool TryOpenStream() => TryAdd(ref _streams, 2L * limit);

    public void CloseStream() => Interlocked.Decrement(ref _streams);

    private static bool TryAdd(ref int count, long most)
    {
        if (Interlocked.Increment(ref count) <= most)
        {
            return true;
        }

        Interlocked.Decrement(ref count);
        return false;
    }
}
