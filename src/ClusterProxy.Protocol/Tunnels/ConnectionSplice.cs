using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// A connection that passes through this process from one tunnel to another. What one end of it receives the other sends
/// straight out of the buffer it came into, and gives credit back as it leaves:
/// <code>
///   frontend ──DATA──▶ ToFrontend.Input ─▶ flow of ToTarget   ──▶ agent
///   frontend ◀── flow of ToFrontend     ◀─ ToTarget.Input ◀──DATA── agent
/// </code>
/// Nothing runs for it while bytes move: the reader of one tunnel wakes the writer of the other. How the end toward the target
/// ends decides how the end toward the frontend does.
/// </summary>
/// <remarks>The methods that say what the frontend wants are for the reader of its tunnel.</remarks>
internal sealed class ConnectionSplice
{
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _drained;
    private ITimer? _closeTimer;

    /// <param name="toTarget">The end of the dialer's role.</param>
    /// <param name="toFrontend">The other, with credit. <see cref="OnFrontendEnded"/> is told of its end.</param>
    /// <param name="limits">For the stall limit and the close timeout.</param>
    /// <param name="time">Clock of these.</param>
    public ConnectionSplice(TunnelConnection toTarget, TunnelConnection toFrontend, TunnelLimits limits, TimeProvider time)
    {
        ToTarget = toTarget;
        ToFrontend = toFrontend;
        _limits = limits;
        _time = time;
        _drained = new(limits.OwnerScheduler == PipeScheduler.Inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
    }

    public TunnelConnection ToTarget { get; }

    public TunnelConnection ToFrontend { get; }

    /// <summary>Lets bytes through. Call it when the answer to the dial is queued, so that they come behind it.</summary>
    public void Start()
    {
        ToFrontend.SendFrom(ToTarget.Input, static splice => ((ConnectionSplice)splice).OnFrontendDrained(), this);
        ToTarget.SendFrom(ToFrontend.Input, static splice => ((ConnectionSplice)splice).OnTargetDrained(), this);
    }

    /// <summary>HALF_CLOSE: the frontend sends no more and still reads.</summary>
    public void EndInput() => ToFrontend.EndInput(isWhole: true);

    /// <summary>CLOSE_REQ: both directions end behind the last byte; cut, if the target does not take that byte in time.</summary>
    public void Close()
    {
        if (_closeTimer is not null || ToTarget.IsOver)
        {
            return;
        }

        _closeTimer = _time.CreateTimer(
            static state => ((ConnectionSplice)state!).ToTarget.Abort(CloseReason.CloseTimeout), this, _limits.CloseTimeout,
            Timeout.InfiniteTimeSpan);

        // Before the input ends: the end of it is that of the connection then.
        ToTarget.RequestClose(CloseReason.FrontendClosed);
        ToFrontend.EndInput(isWhole: true);
    }

    /// <summary>Both directions end now, and what is queued is dropped.</summary>
    public void Cut(CloseReason reason)
    {
        ToTarget.Abort(reason);
        ToFrontend.Abort(reason);
    }

    /// <summary>The end toward the frontend is over. If it is the first of the two, it broke off.</summary>
    public void OnFrontendEnded()
    {
        if (!ToTarget.IsOver)
        {
            ToTarget.Abort(ToFrontend.LostBy ?? CloseReason.FrontendLost);
        }
    }

    /// <summary>Runs until both ends are over; never fails.</summary>
    public async Task RunAsync()
    {
        var reason = await ToTarget.Completion.ConfigureAwait(false);
        if (reason == CloseReason.Stalled || !await DrainsAsync().ConfigureAwait(false))
        {
            // Whoever does not read must not keep what is queued for it.
            ToFrontend.Abort(CloseReason.Stalled);
        }

        ToFrontend.CloseDrained(reason, ToTarget.LostBy);
        await ToFrontend.Completion.ConfigureAwait(false);
        if (_closeTimer is { } timer)
        {
            await timer.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async ValueTask<bool> DrainsAsync()
    {
        if (_drained.Task.IsCompleted || ToFrontend.Completion.IsCompleted)
        {
            return true;
        }

        Task ended = Task.WhenAny(_drained.Task, ToFrontend.Completion);
        for (var queued = long.MaxValue; !ended.IsCompleted;)
        {
            await ended.WaitAsync(_limits.StallLimit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var left = ToTarget.QueuedBytes;
            if (!ended.IsCompleted && left >= queued)
            {
                return false;
            }

            queued = left;
        }

        return true;
    }

    private Packet? OnTargetDrained() => ToFrontend.IsInputWhole
        ? ToTarget.EndOutput()
        : ToTarget.EndBothOutputs(CloseReason.FrontendLost, CloseReason.FrontendLost);

    private Packet? OnFrontendDrained()
    {
        // Where an end is due already, the answer to it ends the connection.
        var last = ToTarget.IsOver ? ToFrontend.EndBothOutputs(ToTarget.Reason ?? CloseReason.TunnelLost, ToTarget.LostBy)
            : ToTarget.Reason is null ? ToFrontend.EndOutputAlone()
            : null;

        // Whoever waits for it may go on inside this call.
        _drained.TrySetResult();
        return last;
    }
}
