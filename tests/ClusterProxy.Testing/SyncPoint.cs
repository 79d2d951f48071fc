namespace ClusterProxy.Testing;

/// <summary>
/// Forces an interleaving without sleeping: the code under test calls <see cref="WaitToContinueAsync"/>, the test awaits
/// <see cref="WaitUntilReachedAsync"/>, does what must happen in between, and calls <see cref="Continue"/>.
/// </summary>
public sealed class SyncPoint
{
    private readonly TaskCompletionSource _continue = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>How often the code under test has arrived here.</summary>
    public ObservedCount Arrivals { get; } = new();

    public bool IsReached => Arrivals.Value > 0;

    /// <summary>Called by the code under test.</summary>
    public Task WaitToContinueAsync(CancellationToken cancellationToken = default)
    {
        Arrivals.Increment();
        return _continue.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Called by the test; await it through DefaultTimeout.</summary>
    public Task WaitUntilReachedAsync() => Arrivals.WaitForAtLeastAsync(1);

    /// <summary>Lets everyone through, now and later.</summary>
    public void Continue() => _continue.TrySetResult();
}
