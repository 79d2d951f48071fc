using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace ClusterProxy.Client.Lanes;

/// <summary>
/// Where the users of a lane go on when bytes or an answer have come for them: one on the reader's own thread as soon as the reader
/// waits for more, since that thread has nothing else to do then; the others on the pool.
/// </summary>
/// <remarks>
/// A user may block for as long as it likes. The reader's wait has begun before, so that another thread goes on with it.
/// </remarks>
internal sealed class OwnerTurns : PipeScheduler
{
    private readonly Lock _gate = new();
    private Action<object?>? _held;
    private object? _state;
    private bool _reads;

    public override void Schedule(Action<object?> action, object? state)
    {
        lock (_gate)
        {
            if (_reads && _held is null)
            {
                (_held, _state) = (action, state);
                return;
            }
        }

        ThreadPool.Schedule(action, state);
    }

    /// <summary>Awaits a read of the lane's reader. What was scheduled since the last one runs now.</summary>
    public Read WaitFor(ValueTask<bool> read) => new(this, read);

    /// <summary>The reader has ended, or has more to read already: what is held goes to the pool.</summary>
    public void End()
    {
        if (Take() is ({ } action, var state))
        {
            ThreadPool.Schedule(action, state);
        }
    }

    private void Begin()
    {
        lock (_gate)
        {
            _reads = true;
        }
    }

    /// <summary>From here on what is scheduled has no reader to wait for.</summary>
    private (Action<object?>? Action, object? State) Take()
    {
        lock (_gate)
        {
            _reads = false;
            var held = (_held, _state);
            (_held, _state) = (null, null);
            return held;
        }
    }

    /// <summary>The reader's wait.</summary>
    internal readonly struct Read(OwnerTurns turns, ValueTask<bool> read) : ICriticalNotifyCompletion
    {
        public Read GetAwaiter() => this;

        public bool IsCompleted
        {
            get
            {
                if (!read.IsCompleted)
                {
                    return false;
                }

                // The reader goes on on this thread.
                turns.End();
                return true;
            }
        }

        public void OnCompleted(Action continuation) => UnsafeOnCompleted(continuation);

        public void UnsafeOnCompleted(Action continuation)
        {
            // Taken before: the reader may be back on another thread at once.
            var (action, state) = turns.Take();
            read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(continuation);
            if (action is null)
            {
                return;
            }

            if (Thread.CurrentThread.IsThreadPoolThread)
            {
                action(state);
            }
            else
            {
                // It may be one that serves all sockets of the process.
                ThreadPool.Schedule(action, state);
            }
        }

        public bool GetResult()
        {
            var result = read.ConfigureAwait(false).GetAwaiter().GetResult();
            turns.Begin();
            return result;
        }
    }
}
