namespace ClusterProxy.Server.Planes;

/// <summary>The calls that a plane serves, until their last byte has gone out.</summary>
internal sealed class LiveCalls
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // One for the plane itself, until it is closed.
    private int _count = 1;
    private int _closed;

    public void Enter() => Interlocked.Increment(ref _count);

    public void Leave()
    {
        if (Interlocked.Decrement(ref _count) == 0)
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>Ends with the calls that are here. To be called when no call of any length is begun any more.</summary>
    public Task CloseAsync()
    {
        if (Interlocked.Exchange(ref _closed, 1) == 0)
        {
            Leave();
        }

        return _ended.Task;
    }
}
