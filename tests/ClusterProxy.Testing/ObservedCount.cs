namespace ClusterProxy.Testing;

/// <summary>A number that tests wait on by event instead of by polling.</summary>
public sealed class ObservedCount
{
    private readonly Lock _gate = new();
    private readonly List<(Func<long, bool> Condition, TaskCompletionSource<long> Waiter)> _waiters = [];
    private long _value;

    public long Value => Interlocked.Read(ref _value);

    public void Increment() => Add(1);

    public void Decrement() => Add(-1);

    public void Add(long delta)
    {
        lock (_gate)
        {
            _value += delta;
            for (var i = _waiters.Count - 1; i >= 0; i--)
            {
                var (condition, waiter) = _waiters[i];
                if (condition(_value))
                {
                    _waiters.RemoveAt(i);
                    waiter.TrySetResult(_value);
                }
            }
        }
    }

    /// <summary>Completes with the first value that satisfies <paramref name="condition"/>; await it through DefaultTimeout.</summary>
    public Task<long> WaitUntilAsync(Func<long, bool> condition)
    {
        lock (_gate)
        {
            if (condition(_value))
            {
                return Task.FromResult(_value);
            }

            var waiter = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiters.Add((condition, waiter));
            return waiter.Task;
        }
    }

    public Task<long> WaitForAsync(long value) => WaitUntilAsync(v => v == value);

    public Task<long> WaitForAtLeastAsync(long value) => WaitUntilAsync(v => v >= value);
}
