namespace ClusterProxy.Client.Tunnels;

/// <summary>
/// Lets one operation at a time use one direction of a stream, and releases that direction when it is closed and nobody is
/// inside: a pipe must not be completed under the feet of its user.
/// </summary>
/// <param name="what">The operation, for messages.</param>
/// <param name="release">Called once.</param>
internal sealed class UseGate(string what, Action release)
{
    private const int Idle = 0;
    private const int Used = 1;
    private const int UsedAndClosed = 2;
    private const int Closed = 3;

    private int _state;

    /// <summary>True when the caller may go ahead and must call <see cref="Exit"/>; false when the direction is closed.</summary>
    /// <exception cref="InvalidOperationException">Another operation is inside.</exception>
    public bool TryEnter() => Interlocked.CompareExchange(ref _state, Used, Idle) switch
    {
        Idle => true,
        Used => throw new InvalidOperationException($"another {what} is still running on this stream; await it first"),
        _ => false,
    };

    public void Exit()
    {
        if (Interlocked.CompareExchange(ref _state, Idle, Used) == UsedAndClosed)
        {
            Volatile.Write(ref _state, Closed);
            release();
        }
    }

    /// <summary>Closes the direction. False when an operation is inside: it releases on its way out.</summary>
    public bool Close()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state is Closed or UsedAndClosed)
            {
                return state == Closed;
            }

            var next = state == Idle ? Closed : UsedAndClosed;
            if (Interlocked.CompareExchange(ref _state, next, state) == state)
            {
                if (next == Closed)
                {
                    release();
                }

                return next == Closed;
            }
        }
    }
}
