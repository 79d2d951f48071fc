using ClusterProxy.Gateway.Clusters;

namespace ClusterProxy.Gateway.Aggregation;

/// <summary>
/// The last changes of the catalogue, for watches to go on from. Whoever names a version that is older, or that is another replica's,
/// is told to list again, so that nothing that happened between is missed.
/// </summary>
internal sealed class ClusterHistory : IDisposable
{
    /// <summary>Changes kept: with 10,000 clusters some rounds of health, in a few hundred kilobytes.</summary>
    private const int DefaultCapacity = 8192;

    private readonly ClusterCatalog _catalog;
    private readonly int _capacity;
    private readonly Lock _gate = new();
    private readonly Queue<ClusterChange> _changes = new();
    private readonly IDisposable _subscription;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ClusterSnapshot _snapshot;
    private ulong _oldest;

    public ClusterHistory(ClusterCatalog catalog, int capacity = DefaultCapacity)
    {
        _catalog = catalog;
        _capacity = capacity;
        _subscription = catalog.Subscribe(Changed, out _snapshot);
        Start = _oldest = _snapshot.Version;
    }

    /// <summary>The version of what never changes.</summary>
    public ulong Start { get; }

    /// <summary>What the last change left.</summary>
    public ClusterSnapshot Now
    {
        get
        {
            lock (_gate)
            {
                return _snapshot;
            }
        }
    }

    /// <summary>The changes after a version.</summary>
    /// <param name="version">That a client has seen.</param>
    /// <param name="changed">Completes when there are more.</param>
    /// <returns>Null when it is not known any more what happened then, or never was.</returns>
    public IReadOnlyList<ClusterChange>? After(ulong version, out Task changed)
    {
        lock (_gate)
        {
            changed = _changed.Task;
            return version < _oldest || version > _snapshot.Version ? null
                : version == _snapshot.Version ? []
                : [.. _changes.SkipWhile(c => c.Version <= version)];
        }
    }

    public void Dispose() => _subscription.Dispose();

    /// <summary>Called under the catalogue's lock, so its snapshot is the one that the change made.</summary>
    private void Changed(ClusterChange change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            _snapshot = _catalog.Snapshot;
            _changes.Enqueue(change);
            while (_changes.Count > _capacity)
            {
                _oldest = _changes.Dequeue().Version;
            }

            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        changed.SetResult();
    }
}
