namespace ClusterProxy.Kubernetes.Watching;

/// <summary>Holds back whoever needs several informers to have listed once, and can say which one is missing.</summary>
public sealed class SyncGate
{
    private readonly List<(string Name, Task Synced)> _waitedFor = [];

    /// <summary>Opens when all that was added before has synced.</summary>
    public bool IsOpen => _waitedFor.TrueForAll(static w => w.Synced.IsCompletedSuccessfully);

    /// <summary>For a readiness page.</summary>
    public IEnumerable<string> Missing => _waitedFor.Where(static w => !w.Synced.IsCompletedSuccessfully).Select(static w => w.Name);

    /// <summary>Not after the first wait.</summary>
    public SyncGate Add(string name, Task synced)
    {
        _waitedFor.Add((name, synced));
        return this;
    }

    public Task WaitAsync(CancellationToken cancellationToken) =>
        Task.WhenAll(_waitedFor.Select(static w => w.Synced)).WaitAsync(cancellationToken);
}
