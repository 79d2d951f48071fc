using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>Wakes one loop. Signals that come while the loop is awake are one.</summary>
/// <param name="scheduler">Where the loop goes on.</param>
internal sealed class TurnSignal(PipeScheduler scheduler) : IValueTaskSource, IThreadPoolWorkItem
{
    private const int Idle = 0;
    private const int Signaled = 1;
    private const int Waiting = 2;

    private ManualResetValueTaskSourceCore<bool> _core;
    private int _state;
    private bool _yields;

    /// <summary>Lets the loop go on, on another thread and a little later: what others have for it then goes along.</summary>
    public void Set()
    {
        if (Interlocked.Exchange(ref _state, Signaled) == Waiting)
        {
            Schedule(preferLocal: false);
        }
    }

    /// <summary>
    /// Lets the loop go on inside this call, which saves waking a thread: for what is worth a turn of its own. The caller must
    /// hold no lock that the loop takes.
    /// </summary>
    public void SetAndRun()
    {
        if (Interlocked.Exchange(ref _state, Signaled) == Waiting)
        {
            _core.SetResult(true);
        }
    }

    /// <summary>Returns after a signal that came since the last return. Only the loop calls it.</summary>
    public ValueTask WaitAsync()
    {
        _core.Reset();
        if (Interlocked.CompareExchange(ref _state, Waiting, Idle) == Idle)
        {
            return new ValueTask(this, _core.Version);
        }

        Volatile.Write(ref _state, Idle);
        return ValueTask.CompletedTask;
    }

    /// <summary>Lets others go first. Only the loop calls it, and it looks at its queues afterwards, signalled or not.</summary>
    public ValueTask YieldAsync()
    {
        _core.Reset();
        _yields = true;

        // Not Waiting: nobody else may end this wait.
        Volatile.Write(ref _state, Signaled);
        return new ValueTask(this, _core.Version);
    }

    private void Schedule(bool preferLocal)
    {
        // The pool takes the signal as it is; any other scheduler costs an allocation.
        if (ReferenceEquals(scheduler, PipeScheduler.ThreadPool))
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal);
        }
        else
        {
            scheduler.Schedule(static signal => ((TurnSignal)signal!)._core.SetResult(true), this);
        }
    }

    void IThreadPoolWorkItem.Execute() => _core.SetResult(true);

    void IValueTaskSource.GetResult(short token)
    {
        // Before the loop looks at its queues: what is queued later signals again.
        Volatile.Write(ref _state, Idle);
        _core.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _core.GetStatus(token);

    void IValueTaskSource.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags)
    {
        _core.OnCompleted(continuation, state, token, flags);
        if (_yields)
        {
            // Not before: a pool's thread could end the wait that early, and the loop would go on without having yielded.
            _yields = false;
            Schedule(preferLocal: true);
        }
    }
}
