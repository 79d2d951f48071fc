namespace ClusterProxy.Agent;

/// <summary>The running tasks of one owner, by what they work on, so that the end of each is waited for and none is forgotten.</summary>
internal sealed class OwnedTasks<T>(Func<T, Task> run)
    where T : notnull
{
    private readonly Lock _gate = new();
    private readonly HashSet<T> _running = [];
    private readonly List<Exception> _faults = [];
    private TaskCompletionSource? _emptied;

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

    /// <summary>Starts the task elsewhere: the caller may hold locks.</summary>
    public void Start(T item)
    {
        Add(item);
        ThreadPool.UnsafeQueueUserWorkItem(static start => start.Tasks.Run(start.Item), (Tasks: this, Item: item), preferLocal: true);
    }

    /// <summary>From here on <see cref="WhenAllAsync"/> waits for the item, which <see cref="Run"/> must follow.</summary>
    public void Add(T item)
    {
        lock (_gate)
        {
            _running.Add(item);
        }
    }

    /// <summary>Runs the task of what was added, inside this call up to where it first has to wait.</summary>
    public void Run(T item) => _ = RunAsync(item);

    public T[] Snapshot()
    {
        lock (_gate)
        {
            return [.. _running];
        }
    }

    /// <summary>Ends when none runs any more; the faults of all are thrown.</summary>
    public async Task WhenAllAsync()
    {
        Task emptied;
        lock (_gate)
        {
            emptied = _running.Count == 0
                ? Task.CompletedTask
                : (_emptied ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
        }

        await emptied;
        lock (_gate)
        {
            if (_faults.Count > 0)
            {
                throw new AggregateException(_faults);
            }
        }
    }

    /// <summary>It never fails, so nothing is lost with its task: who waits for the end is told by way of what runs.</summary>
    private async Task RunAsync(T item)
    {
        Exception? fault = null;
        try
        {
            await run(item);
        }
        catch (Exception e)
        {
            fault = e;
        }

        lock (_gate)
        {
            if (fault is not null)
            {
                _faults.Add(fault);
            }

            _running.Remove(item);
            if (_running.Count == 0)
            {
                _emptied?.SetResult();
                _emptied = null;
            }
        }
    }
}
