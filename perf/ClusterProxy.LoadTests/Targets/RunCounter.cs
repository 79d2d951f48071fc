namespace ClusterProxy.LoadTests.Targets;

/// <summary>What the connections of one run have done at the target.</summary>
internal sealed class RunCounter
{
    private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _bytes;
    private int _open;

    /// <summary>Bytes that sinks have read, and that deaf ones have read and found right.</summary>
    public long Bytes => Volatile.Read(ref _bytes);

    public int Open => Volatile.Read(ref _open);

    /// <summary>From its end on the deaf connections of the run read.</summary>
    public Task Released => _released.Task;

    public void AddBytes(int bytes) => Interlocked.Add(ref _bytes, bytes);

    public void Opened() => Interlocked.Increment(ref _open);

    public void Closed() => Interlocked.Decrement(ref _open);

    public void Release() => _released.TrySetResult();
}
