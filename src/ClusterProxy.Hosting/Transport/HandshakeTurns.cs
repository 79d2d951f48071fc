using System.Diagnostics.CodeAnalysis;

namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Turns for what follows a read during a TLS handshake: signatures and certificate chains, milliseconds each. They are taken on threads of
/// their own. The pool has as many as there are processors, and who is connected already would wait there for the end of a handshake; between
/// threads the kernel does not let anybody wait for so long. Thread-safe.
/// </summary>
/// <param name="atOnce">How many are taken at once, at most: so many threads there are.</param>
/// <param name="linger">How long a thread that has nothing to do stays; null for the usual time.</param>
public sealed class HandshakeTurns(int atOnce, TimeSpan? linger = null)
{
    /// <summary>A handshake has several turns, and its client's answers come between them.</summary>
    private static readonly TimeSpan UsualLinger = TimeSpan.FromSeconds(2);

    private readonly TimeSpan _linger = linger ?? UsualLinger;

    // One a connection at most; also the lock, on which threads that have nothing to do wait.
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private int _threads;
    private int _idle;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_waiting)
            {
                return _waiting.Count;
            }
        }
    }

    public void Queue(IThreadPoolWorkItem turn)
    {
        lock (_waiting)
        {
            _waiting.Enqueue(turn);
            if (_waiting.Count <= _idle)
            {
                Monitor.Pulse(_waiting);
                return;
            }

            if (_threads == atOnce)
            {
                return;
            }

            _threads++;
        }

        new Thread(Run) { IsBackground = true, Name = "handshakes" }.UnsafeStart();
    }

    /// <summary>For who goes on in a turn after something else than a read.</summary>
    public AwaitedTurn Next() => new(this);

    private void Run()
    {
        while (TryTake(out var turn))
        {
            turn.Execute();
        }
    }

    /// <summary>False when the thread is no longer needed.</summary>
    private bool TryTake([NotNullWhen(true)] out IThreadPoolWorkItem? turn)
    {
        lock (_waiting)
        {
            while (!_waiting.TryDequeue(out turn))
            {
                _idle++;
                var isCalled = Monitor.Wait(_waiting, _linger);
                _idle--;
                if (!isCalled && _waiting.Count == 0)
                {
                    _threads--;
                    return false;
                }
            }

            return true;
        }
    }
}
