namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// What the peer may send of one connection. It starts with <see cref="TunnelLimits.InitialWindow"/>, implied by the dial, and
/// is topped up when half of it has been taken, or an eighth and a whole packet if the sender waits. It doubles when the peer said that it ran out while the receiver had taken
/// nearly everything, as long as it is less than twice the product of bandwidth and delay: more would only wait on the way, in front of everybody
/// else's bytes. A slow receiver's stays small. What it grows by comes out of the process's <see cref="ByteBudget"/>, and goes back when
/// others need it more, or at the end.
/// </summary>
/// <remarks>
/// Conservation: granted = received + outstanding, and outstanding is never negative unless the peer broke the rule. The
/// tunnel's reader calls <see cref="TryReceive"/> and <see cref="OnSenderBlocked"/>, the owner <see cref="Take"/>.
/// </remarks>
/// <param name="limits">Of the window.</param>
/// <param name="time">Clock of the bandwidth.</param>
/// <param name="roundTrip">Tells the delay; null where none is measured.</param>
internal sealed class ReceiveWindow(TunnelLimits limits, TimeProvider time, TunnelRoundTrip? roundTrip)
{
    /// <summary>Of a new reading in the average pace: a window that doubles is followed, and one burst does not count alone.</summary>
    private const double PaceWeight = 0.5;

    /// <summary>Round trips that one reading may take at most.</summary>
    private const double LongestWait = 4;

    /// <summary>
    /// Part of the window that is returned to a sender that waits. With a half, up to a half may stay here while the rest goes back
    /// and forth: half a window a round trip, and by that pace the window would look wide enough. Less than a packet is not worth a turn.
    /// </summary>
    private const int PartForBlocked = 8;

    /// <summary>Of the budget's account after the end, whatever is still added to it.</summary>
    private const long Ended = long.MinValue / 2;

    private long _size = limits.InitialWindow;
    private long _promised;
    private long _granted = limits.InitialWindow;
    private long _received;
    private long _taken;
    private long _paceFrom = time.GetTimestamp();
    private long _paceBytes;
    private double _secondsPerByte;
    private volatile bool _senderBlocked;

    /// <summary>Bytes the window is wide now.</summary>
    public long Size => Volatile.Read(ref _size);

    /// <summary>Bytes granted since the dial.</summary>
    public long Granted => Volatile.Read(ref _granted);

    /// <summary>Bytes received since the dial.</summary>
    public long Received => Volatile.Read(ref _received);

    /// <summary>Counts a DATA packet; false when the peer had no credit for it.</summary>
    public bool TryReceive(long bytes)
    {
        var received = _received + bytes;
        Volatile.Write(ref _received, received);
        return received <= Granted;
    }

    /// <summary>The peer has bytes and no credit.</summary>
    public void OnSenderBlocked() => _senderBlocked = true;

    /// <summary>
    /// Bytes that came are dropped, because their owner has gone. The peer may send as many more: otherwise what it has queued
    /// would hold its closing packet up for ever.
    /// </summary>
    public void Drop(long bytes) => Interlocked.Add(ref _granted, bytes);

    /// <summary>The owner took bytes; returns the credit to send, 0 for none yet.</summary>
    /// <param name="bytes">Taken now.</param>
    /// <param name="queued">Bytes that came and were not taken yet.</param>
    public long Take(long bytes, long queued)
    {
        _taken += bytes;
        var isBlocked = _senderBlocked;
        var isBehind = queued * 4 > _size;
        var isSpare = _size > limits.InitialWindow && (!isBlocked || isBehind) && limits.Budget is { IsScarce: true };
        if (!isSpare && _taken * 2 < _size && !(isBlocked && _taken * PartForBlocked >= _size && _taken >= limits.MaxPayload))
        {
            return 0;
        }

        MeasurePace();
        var growth = isSpare ? -GiveBack(Math.Min(_taken, _size - limits.InitialWindow))
            : isBlocked && !isBehind && IsShort() ? Promise(Math.Min(_size, limits.MaxWindow - _size))
            : 0;
        var credit = _taken + growth;
        _taken = 0;
        if (isBlocked)
        {
            _senderBlocked = false;
        }

        // Granted before it is sent, so that no answer to it can come too early.
        Volatile.Write(ref _granted, _granted + credit);
        Volatile.Write(ref _size, _size + growth);
        return credit;
    }

    /// <summary>The connection is over: nothing that was granted is due any more. Anybody may call it.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _promised, Ended) is > 0 and var promised)
        {
            limits.Budget?.TakeBack(promised);
        }
    }

    private long Promise(long growth)
    {
        if (limits.Budget is not { } budget)
        {
            return growth;
        }

        if (!budget.TryPromise(growth))
        {
            return 0;
        }

        if (Interlocked.Add(ref _promised, growth) > 0)
        {
            return growth;
        }

        budget.TakeBack(growth);
        return 0;
    }

    /// <summary>Bytes that are not granted again: the sender gets along without, or the receiver is slow, and others wait for them.</summary>
    private long GiveBack(long spare)
    {
        if (Interlocked.Add(ref _promised, -spare) < 0)
        {
            return 0;
        }

        limits.Budget!.TakeBack(spare);
        return spare;
    }

    private void MeasurePace()
    {
        _paceBytes += _taken;
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(_paceFrom, now);
        if (roundTrip?.Least is not { } least || elapsed < least)
        {
            // What was granted at one time comes at one time: less than a round trip shows bursts and gaps.
            return;
        }

        // A longer time than a few round trips says that the sender had nothing to send.
        var seconds = Math.Min(elapsed.TotalSeconds, LongestWait * least.TotalSeconds);
        var pace = seconds / _paceBytes;
        _secondsPerByte = _secondsPerByte == 0 ? pace : _secondsPerByte + (pace - _secondsPerByte) * PaceWeight;
        _paceFrom = now;
        _paceBytes = 0;
    }

    /// <summary>Whether the window is taken in less than two round trips.</summary>
    private bool IsShort() =>
        _size < limits.FreeWindow || roundTrip?.Least is not { } least || _size * _secondsPerByte < 2 * least.TotalSeconds;
}
