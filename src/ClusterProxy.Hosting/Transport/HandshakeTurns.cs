namespace ClusterProxy.Hosting.Transport;

/// <summary>
/// Turns of the thread pool for what follows a read during a TLS handshake: signatures and certificate chains, milliseconds each. At
/// most some are taken at once, and each goes to the end of the pool's queue, so that the bytes of whoever is connected already are never
/// behind many of them. Thread-safe.
/// </summary>
/// <param name="atOnce">How many at most.</param>
public sealed class HandshakeTurns(int atOnce) : IThreadPoolWorkItem
{
    private readonly Lock _gate = new();

    // One a connection at most.
    private readonly Queue<IThreadPoolWorkItem> _waiting = new();
    private int _running;

    /// <summary>How many wait.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _waiting.Count;
            }
        }
    }

    public void Queue(IThreadPoolWorkItem turn)
    {
        lock (_gate)
        {
            _waiting.Enqueue(turn);
            if (_running == atOnce)
            {
                return;
            }

            _running++;
        }

        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        IThreadPoolWorkItem? turn;
        lock (_gate)
        {
            if (!_waiting.TryDequeue(out turn))
            {
                _running--;
                return;
            }
        }

        try
        {
            turn.Execute();
        }
        finally
        {
            // Behind what has come meanwhile.
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }
}
