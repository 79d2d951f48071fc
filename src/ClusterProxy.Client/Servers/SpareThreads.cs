using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Client.Servers;

/// <summary>
/// Threads for work that may hang, which would be missed in the pool. One that has come back waits a moment for more before it ends:
/// starting another costs ten times what reading a certificate does, and a client that dials by CONNECT reads one a dial.
/// </summary>
internal sealed class SpareThreads
{
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(2);

    // Also the monitor in which idle threads wait.
    private readonly Queue<Task> _work = new();
    private int _idle;

    /// <summary>Returns at once; the task ends with the work, and fails as it does.</summary>
    /// <exception cref="OutOfMemoryException">No thread can be had, and the work is not begun.</exception>
    public Task RunAsync(Action work)
    {
        // Whoever waits for it must not go on on such a thread.
        var task = new Task(work, TaskCreationOptions.DenyChildAttach | TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_work)
        {
            if (_idle > _work.Count)
            {
                _work.Enqueue(task);
                Monitor.Pulse(_work);
                return task;
            }

            // In the lock: what no thread has been started for must not be in the queue.
            new Thread(Serve) { IsBackground = true, Name = "ClusterProxy.Client files" }.Start();
            _work.Enqueue(task);
        }

        return task;
    }

    private void Serve()
    {
        while (TryTake(out var work))
        {
            work.RunSynchronously(TaskScheduler.Default);
        }
    }

    /// <summary>False when there has been nothing for a while.</summary>
    private bool TryTake([NotNullWhen(true)] out Task? work)
    {
        lock (_work)
        {
            _idle++;
            while (_work.Count == 0 && Monitor.Wait(_work, Linger))
            {
            }

            _idle--;
            return _work.TryDequeue(out work);
        }
    }
}
