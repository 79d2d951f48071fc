namespace ClusterProxy.Kubernetes.Reviews;

/// <summary>
/// Answers by key for a short time. One question is asked once however many wait for it; who stops waiting does not stop the others.
/// </summary>
/// <param name="options">Times and size.</param>
/// <param name="time">Ages the answers.</param>
/// <param name="goesFirst">Answers that make room for others; null when all are alike.</param>
internal sealed class ReviewCache<T>(ReviewOptions options, TimeProvider time, Func<T, bool>? goesFirst = null)
    where T : class
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    /// <summary>Entries now, those in flight too.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _entries.Count;
            }
        }
    }

    /// <param name="key">Says all that the answer depends on.</param>
    /// <param name="ask">Must not throw; its token is the deadline.</param>
    /// <param name="keepFor">Zero forgets the answer at once.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <param name="refuse">Asked before anything is; an answer of its own is not kept.</param>
    public Task<T> GetAsync(
        string key, Func<CancellationToken, Task<T>> ask, Func<T, TimeSpan> keepFor, CancellationToken cancellationToken, Func<T?>? refuse = null)
    {
        Entry entry;
        lock (_gate)
        {
            if (_entries.TryGetValue(key, out var known) && !HasExpired(known))
            {
                return known.Answer.WaitAsync(cancellationToken);
            }

            if (refuse?.Invoke() is { } refusal)
            {
                return Task.FromResult(refusal);
            }

            MakeRoom();
            _entries[key] = entry = new Entry();
        }

        // Not under the lock: what runs before the first wait is the caller's time.
        entry.Filling = FillAsync(key, entry, ask, keepFor);
        return entry.Answer.WaitAsync(cancellationToken);
    }

    private async Task FillAsync(string key, Entry entry, Func<CancellationToken, Task<T>> ask, Func<T, TimeSpan> keepFor)
    {
        try
        {
            using var deadline = new CancellationTokenSource(options.Timeout, time);
            var answer = await ask(deadline.Token).ConfigureAwait(false);
            var kept = keepFor(answer);
            lock (_gate)
            {
                entry.KeptFor = kept;
                entry.GoesFirst = goesFirst?.Invoke(answer) == true;
                entry.AnsweredAt = time.GetTimestamp();
                if (kept == TimeSpan.Zero)
                {
                    Remove(key, entry);
                }
            }

            entry.SetAnswer(answer);
        }
        catch (Exception e)
        {
            lock (_gate)
            {
                Remove(key, entry);
            }

            entry.Fail(e);
        }
    }

    /// <summary>Must hold _gate, as the rest.</summary>
    private void Remove(string key, Entry entry)
    {
        if (ReferenceEquals(_entries.GetValueOrDefault(key), entry))
        {
            _entries.Remove(key);
        }
    }

    /// <summary>What has expired goes first, then what goes first anyway; one in flight still answers those who wait for it.</summary>
    private void MakeRoom()
    {
        if (_entries.Count < options.Capacity)
        {
            return;
        }

        foreach (var (key, _) in _entries.Where(e => HasExpired(e.Value)).ToArray())
        {
            _entries.Remove(key);
        }

        if (_entries.Count >= options.Capacity && _entries.FirstOrDefault(static e => e.Value.GoesFirst).Key is { } worthless)
        {
            _entries.Remove(worthless);
        }

        while (_entries.Count >= options.Capacity)
        {
            _entries.Remove(_entries.Keys.First());
        }
    }

    private bool HasExpired(Entry entry) => entry.KeptFor is { } kept && time.GetElapsedTime(entry.AnsweredAt) >= kept;

    private sealed class Entry
    {
        private readonly TaskCompletionSource<T> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task<T> Answer => _answer.Task;

        public Task? Filling { get; set; }

        /// <summary>Null while in flight.</summary>
        public TimeSpan? KeptFor { get; set; }

        public long AnsweredAt { get; set; }

        public bool GoesFirst { get; set; }

        public void SetAnswer(T answer) => _answer.SetResult(answer);

        public void Fail(Exception e) => _answer.SetException(e);
    }
}
