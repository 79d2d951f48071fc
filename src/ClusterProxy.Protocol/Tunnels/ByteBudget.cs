namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// The bytes that all connections of a process hold in their buffers, and those that windows have promised to take beyond
/// <see cref="TunnelLimits.InitialWindow"/> each. Past the capacity no dial is accepted; no window grows past half of it, or when more
/// would be promised than the capacity: what is promised may come, and be buffered, all at once. What is buffered already is never
/// dropped for it.
/// </summary>
/// <param name="capacity">Bytes.</param>
internal sealed class ByteBudget(long capacity)
{
    private long _used;
    private long _promised;

    public long Capacity => capacity;

    public long Used => Volatile.Read(ref _used);

    /// <summary>Bytes by which windows are wider than they began.</summary>
    public long Promised => Volatile.Read(ref _promised);

    /// <summary>New dials are refused.</summary>
    public bool IsExhausted => Used >= capacity;

    /// <summary>Three quarters are promised: windows that are not used give back, so that those which are can grow.</summary>
    public bool IsScarce => Promised >= capacity - (capacity / 4);

    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);

    /// <summary>For a window that is to grow; false when it must not.</summary>
    public bool TryPromise(long bytes)
    {
        if (Used >= capacity / 2)
        {
            return false;
        }

        if (Interlocked.Add(ref _promised, bytes) <= capacity)
        {
            return true;
        }

        Interlocked.Add(ref _promised, -bytes);
        return false;
    }

    public void TakeBack(long bytes) => Interlocked.Add(ref _promised, -bytes);
}
