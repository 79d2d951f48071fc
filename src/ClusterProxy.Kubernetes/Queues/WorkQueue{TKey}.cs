namespace ClusterProxy.Kubernetes.Queues;

/// <summary>
/// Keys that need work. A key waits at most once, however often it is added; one that is added while it is worked on waits until that is
/// done, so no two workers have the same key. It is as long as there are keys and no longer.
/// </summary>
public sealed class WorkQueue<TKey> : IDisposable
    where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Queue<TKey> _ready = new();
    private readonly HashSet<TKey> _waiting = [];
    private readonly HashSet<TKey> _inWork = [];
    private readonly Dictionary<TKey, long> _dueAt = [];
    private readonly PriorityQueue<TKey, long> _delayed = new();
    private readonly Dictionary<TKey, int> _failures = [];
    private readonly SemaphoreSlim _available = new(0);
    private readonly WorkQueueOptions _options;
    private readonly TimeProvider _time;
    private readonly ITimer _timer;

    public WorkQueue(WorkQueueOptions options, TimeProvider time)
    {
        _options = options;
        _time = time;
        _timer = time.CreateTimer(
            static queue => ((WorkQueue<TKey>)queue!).MoveDue(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Keys that wait for a worker; those with a delay and those in work do not count.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count;
            }
        }
    }

    public void Add(TKey key)
    {
        lock (_gate)
        {
            Enqueue(key);
        }
    }

    /// <summary>Of several delays of one key the one that ends first counts.</summary>
    public void AddAfter(TKey key, TimeSpan delay)
    {
        lock (_gate)
        {
            if (delay <= TimeSpan.Zero)
            {
                Enqueue(key);
                return;
            }

            var due = _time.GetTimestamp() + (long)(delay.TotalSeconds * _time.TimestampFrequency);
            if (!_dueAt.TryGetValue(key, out var other) || due < other)
            {
                _dueAt[key] = due;
                _delayed.Enqueue(key, due);
                SetTimer();
            }
        }
    }

    /// <summary>Adds a key whose work failed, later each time it does.</summary>
    /// <returns>How much later.</returns>
    public TimeSpan AddFailed(TKey key)
    {
        int failures;
        lock (_gate)
        {
            failures = _failures.GetValueOrDefault(key);
            _failures[key] = failures + 1;
        }

        var delay = TimeSpan.FromSeconds(
            Math.Min(_options.LongestDelay.TotalSeconds, _options.FirstDelay.TotalSeconds * Math.Pow(2, Math.Min(failures, 60))));
        AddAfter(key, delay);
        return delay;
    }

    /// <summary>The key's work succeeded: its next failure is a first one.</summary>
    public void Forget(TKey key)
    {
        lock (_gate)
        {
            _failures.Remove(key);
        }
    }

    /// <summary>Waits for a key; give it back with <see cref="Done"/>.</summary>
    public async ValueTask<TKey> TakeAsync(CancellationToken cancellationToken)
    {
        await _available.WaitAsync(cancellationToken).ConfigureAwait(false);
        lock (_gate)
        {
            var key = _ready.Dequeue();
            _waiting.Remove(key);
            _inWork.Add(key);
            return key;
        }
    }

    public void Done(TKey key)
    {
        lock (_gate)
        {
            if (_inWork.Remove(key) && _waiting.Contains(key))
            {
                MakeReady(key);
            }
        }
    }

    public void Dispose()
    {
        _timer.Dispose();
        _available.Dispose();
    }

    /// <summary>Must hold _gate, as the rest.</summary>
    private void Enqueue(TKey key)
    {
        if (_waiting.Add(key) && !_inWork.Contains(key))
        {
            MakeReady(key);
        }
    }

    private void MakeReady(TKey key)
    {
        _ready.Enqueue(key);
        _available.Release();
    }

    private void MoveDue()
    {
        lock (_gate)
        {
            var now = _time.GetTimestamp();
            while (_delayed.TryPeek(out var key, out var due) && due <= now)
            {
                _delayed.Dequeue();

                // An entry whose delay was shortened since is stale.
                if (_dueAt.TryGetValue(key, out var current) && current == due)
                {
                    _dueAt.Remove(key);
                    Enqueue(key);
                }
            }

            SetTimer();
        }
    }

    private void SetTimer()
    {
        if (_delayed.TryPeek(out _, out var due))
        {
            // A tick later than due: timers may fire a little early.
            var left = (double)Math.Max(0, due - _time.GetTimestamp()) / _time.TimestampFrequency;
            _timer.Change(TimeSpan.FromSeconds(left) + TimeSpan.FromMilliseconds(1), Timeout.InfiniteTimeSpan);
        }
    }
}
