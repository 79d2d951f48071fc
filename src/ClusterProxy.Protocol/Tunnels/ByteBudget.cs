namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// The bytes that all connections of a process hold in their buffers. Past the capacity no dial is accepted; past half of it no
/// window grows. What is buffered already is never dropped for it.
/// </summary>
/// <param name="capacity">Bytes.</param>
internal sealed class ByteBudget(long capacity)
{
    private long _used;

    public long Capacity => capacity;

    public long Used => Volatile.Read(ref _used);

    /// <summary>New dials are refused.</summary>
    public bool IsExhausted => Used >= capacity;

    /// <summary>Windows stop growing.</summary>
    public bool IsTight => Used >= capacity / 2;

    public void Add(long bytes) => Interlocked.Add(ref _used, bytes);
}
