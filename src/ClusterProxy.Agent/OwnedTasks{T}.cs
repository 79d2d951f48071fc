namespace ClusterProxy.Agent;

/// <summary>The running tasks of one owner, by what they work on, so that each is awaited at the end and none is forgotten.</summary>
internal sealed class OwnedTasks<T>(Func<T, Task> run)
    where T : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<T, Task> _running = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _running.Count;
            }
        }
    }

    public void Start(T item)
    {
        lock (_gate)
        {
            _running.Add(item, RunAsync(item));
        }
    }

    public T[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _running.Keys];
        }
    }

    /// <summary>Ends when all that run now have ended; their faults are thrown.</summary>
    public Task WhenAllAsync()
    {
        lock (_gate)
        {
            return Task.WhenAll(_running.Values);
        }
    }

    private async Task RunAsync(T item)
    {
        // So that the removal below waits for the lock that the addition holds.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await run(item);
        }
        finally
        {
            lock (_gate)
            {
                _running.Remove(item);
            }
        }
    }
}
