using ClusterProxy.Protocol;

namespace ClusterProxy.Agent.Targets;

/// <summary>How a connection ends: what begins it, and who is waited for.</summary>
internal sealed partial class TargetConnection
{
    /// <summary>
    /// How long a target may take to close its side after the frontend closed. Closing a socket with bytes unread resets
    /// the connection, and that could cost the target the frontend's last bytes.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>Of the phase: both loops run.</summary>
    private const int Started = 1;

    /// <summary>Of the phase: one of them has ended, or somebody asked for the end.</summary>
    private const int Turned = 2;

    /// <summary>Waits until both ends are closed and nothing more is due to either; never fails.</summary>
    public async Task<CloseReason> EndAsync()
    {
        var ended = HaveEnded;
        if (_closeRequested || (_inputEnded && !ended))
        {
            // The tunnel's end of it may be over while the target has yet to take the last bytes.
            await FinishSendingAsync();
        }
        else if (!ended || (Tunnel.CanHalfClose && !Tunnel.IsInputWhole))
        {
            // Stalled, cut, or the tunnel is gone: a quiet end would let a cut-off upload look complete.
            Reset();
        }

        _socket.Dispose();
        Tunnel.Input.CancelPendingRead();
        await _receiving;
        await _sending;
        return await EndTunnelAsync();
    }

    /// <summary>What the target sent may wait for its frontend as long as that lives; once it has closed, it hears no more.</summary>
    private async Task<CloseReason> EndTunnelAsync()
    {
        if (!_closeRequested && !_tunnelEnded)
        {
            // Few have to wait a second time; the others need no second source.
            var again = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            Interlocked.Exchange(ref _again, again);
            if (!_closeRequested && !_tunnelEnded)
            {
                await again.Task;
            }
        }

        try
        {
            return await Tunnel.Completion.WaitAsync(_limits.CloseTimeout, _time);
        }
        catch (TimeoutException)
        {
            Tunnel.Abort(CloseReason.CloseTimeout);
        }

        return await Tunnel.Completion;
    }

    private async Task FinishSendingAsync()
    {
        for (var queued = long.MaxValue; !_sending.IsCompleted;)
        {
            await _sending.WaitAsync(_limits.StallLimit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!_sending.IsCompleted && Tunnel.QueuedBytes >= queued)
            {
                Reset();
                return;
            }

            queued = Tunnel.QueuedBytes;
        }

        await _receiving.WaitAsync(Linger, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void Signal()
    {
        Interlocked.MemoryBarrier();
        Enter(Turned);
        Volatile.Read(ref _again)?.TrySetResult();
    }

    private void NoteEnd(int loop)
    {
        Interlocked.Or(ref _loopsEnded, loop);
        if (HaveEnded)
        {
            if (_targetTakesNoMore)
            {
                Tunnel.RequestClose(CloseReason.TargetClosed);
            }

            Enter(Turned);
        }
    }

    private void Enter(int phase)
    {
        var before = Interlocked.Or(ref _phase, phase);
        if (before != (before | phase) && (before | phase) == (Started | Turned))
        {
            // Elsewhere: the caller may be a loop that is waited for then, or hold locks.
            ThreadPool.UnsafeQueueUserWorkItem(static connection => connection._onTurned(connection), this, preferLocal: true);
        }
    }
}
