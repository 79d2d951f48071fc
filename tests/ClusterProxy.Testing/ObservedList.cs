namespace ClusterProxy.Testing;

/// <summary>Items that arrive over time, and whoever waits for one that matches, past or to come.</summary>
public sealed class ObservedList<T>
    where T : class
{
    private readonly Lock _gate = new();
    private readonly List<T> _items = [];
    private readonly List<(Func<T, bool> Matches, bool Takes, TaskCompletionSource<T> Waiter)> _waiters = [];
    private Exception? _end;

    public IReadOnlyList<T> Items
    {
        get
        {
            lock (_gate)
            {
                return [.. _items];
            }
        }
    }

    public void Add(T item)
    {
        lock (_gate)
        {
            for (var i = 0; i < _waiters.Count;)
            {
                var (matches, takes, waiter) = _waiters[i];
                if (!matches(item))
                {
                    i++;
                    continue;
                }

                _waiters.RemoveAt(i);
                if (waiter.TrySetResult(item) && takes)
                {
                    return;
                }
            }

            _items.Add(item);
        }
    }

    /// <summary>The first match; it stays in the list. Await it through DefaultTimeout.</summary>
    public Task<T> WaitForAsync(Func<T, bool> matches) => FindAsync(matches, takes: false);

    /// <summary>The first match, removed from the list: the next call gets the next one. Await it through DefaultTimeout.</summary>
    public Task<T> TakeAsync(Func<T, bool> matches) => FindAsync(matches, takes: true);

    /// <summary>Nothing will come any more: waiters fail now instead of by timeout.</summary>
    public void End(Exception reason)
    {
        lock (_gate)
        {
            _end = reason;
            _waiters.ForEach(w => w.Waiter.TrySetException(reason));
            _waiters.Clear();
        }
    }

    private Task<T> FindAsync(Func<T, bool> matches, bool takes)
    {
        lock (_gate)
        {
            var index = _items.FindIndex(i => matches(i));
            if (index >= 0)
            {
                var item = _items[index];
                if (takes)
                {
                    _items.RemoveAt(index);
                }

                return Task.FromResult(item);
            }

            var waiter = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
            if (_end is not null)
            {
                waiter.SetException(_end);
            }
            else
            {
                _waiters.Add((matches, takes, waiter));
            }

            return waiter.Task;
        }
    }
}
