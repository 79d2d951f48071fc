namespace ClusterProxy.Agent.Tests.Scripted;

/// <summary>A gate that a loop passes at each turn.</summary>
internal sealed class Gate
{
    private volatile TaskCompletionSource _open = Completed();

    public Task WaitAsync() => _open.Task;

    public void Close() => _open = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Open() => _open.TrySetResult();

    private static TaskCompletionSource Completed()
    {
        var done = new TaskCompletionSource();
        done.SetResult();
        return done;
    }
}
