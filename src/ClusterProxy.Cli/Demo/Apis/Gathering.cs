namespace ClusterProxy.Cli.Demo.Apis;

/// <summary>Lets requests go on only when all of them are here: answered together, they were in flight together.</summary>
internal sealed class Gathering(int size)
{
    private readonly TaskCompletionSource _complete = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _arrived;

    public int Arrived => Volatile.Read(ref _arrived);

    public Task ArriveAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Interlocked.Increment(ref _arrived) == size)
        {
            _complete.TrySetResult();
        }

        return _complete.Task.WaitAsync(patience, time, cancellationToken);
    }
}
