namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// What the peer may send of one connection. It starts with <see cref="TunnelLimits.InitialWindow"/>, implied by the dial, and
/// is topped up when half of it has been taken. It doubles when the peer said that it ran out while the receiver had taken
/// nearly everything: then the window, not the receiver, is what limits the connection. So it grows to the product of
/// bandwidth and delay, and a slow receiver's stays small.
/// </summary>
/// <remarks>
/// Conservation: granted = received + outstanding, and outstanding is never negative unless the peer broke the rule. The
/// tunnel's reader calls <see cref="TryReceive"/> and <see cref="OnSenderBlocked"/>, the owner <see cref="Take"/>.
/// </remarks>
internal sealed class ReceiveWindow(TunnelLimits limits)
{
    private long _size = limits.InitialWindow;
    private long _granted = limits.InitialWindow;
    private long _received;
    private long _taken;
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
        if (_taken * 2 < _size)
        {
            return 0;
        }

        var growth = _senderBlocked && queued * 4 <= _size && limits.Budget is not { IsTight: true }
            ? Math.Min(_size, limits.MaxWindow - _size)
            : 0;
        var credit = _taken + growth;
        _senderBlocked = false;
        _taken = 0;

        // Granted before it is sent, so that no answer to it can come too early.
        Volatile.Write(ref _granted, _granted + credit);
        Volatile.Write(ref _size, _size + growth);
        return credit;
    }
}
