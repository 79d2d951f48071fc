namespace ClusterProxy.LoadTests.Targets;

/// <summary>What the connections of one run have done at the target.</summary>
internal sealed class RunCounter
{
    private readonly CancellationTokenSource _released = new();
    private long _bytes;
    private int _open;

    /// <summary>Bytes that sinks have read.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public int Open => Volatile.Read(ref _open);

    /// <summary>Ends the deaf connections of the run.</summary>
    public CancellationToken Released => _released.Token;

    public void AddBytes(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Opened() => Interlocked.Increment(ref _open);

    public void Closed() => Interlocked.Decrement(ref _open);

    public void Release() => _released.Cancel();
}
