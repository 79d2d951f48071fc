using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using System.Net.Sockets;
using ClusterProxy.Hosting.Transport;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Targets;

/// <summary>
/// A target's socket joined to its connection in the tunnel.
/// <code>
///   tunnel ─ Input  ─▶ send loop    ─▶ socket
///   tunnel ◀ Output ◀─ receive loop ◀─ socket
/// </code>
/// Upstream's wire knows no half-close, so either end's close ends both directions: the target's end behind the last byte it
/// sent, the frontend's end behind the last byte that was queued for the target. Where the tunnel can half-close, the end of
/// one direction leaves the other alone.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer and no handle, and disposing it would race with RequestClose.")]
internal sealed class TargetConnection
{
    /// <summary>
    /// How long a target may take to close its side after the frontend closed. Closing a socket with bytes unread resets
    /// the connection, and that could cost the target the frontend's last bytes.
    /// </summary>
    private static readonly TimeSpan Linger = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Bytes that a target may still send meanwhile: what was on its way when the frontend closed. One that goes on sends a
    /// stream, which nobody wants any more and a reset ends.
    /// </summary>
    private const long MostDiscarded = 1024 * 1024;

    private readonly Socket _socket;
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly TaskCompletionSource _closeRequested = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stopForwarding = new();
    private volatile bool _inputEnded;

    /// <param name="id">By which the log names it.</param>
    /// <param name="socket">Connected; owned from here on.</param>
    /// <param name="tunnel">The tunnel's end of the connection.</param>
    /// <param name="limits">For the stall limit.</param>
    /// <param name="time">Clock of the limits.</param>
    public TargetConnection(string id, Socket socket, TunnelConnection tunnel, TunnelLimits limits, TimeProvider time)
    {
        Id = id;
        _socket = socket;
        Tunnel = tunnel;
        _limits = limits;
        _time = time;
    }

    public string Id { get; }

    public TunnelConnection Tunnel { get; }

    /// <summary>Carries bytes until both ends are closed and nothing more is due to either; never fails.</summary>
    public async Task<CloseReason> RunAsync()
    {
        var receiving = ReceiveLoopAsync();
        var sending = SendLoopAsync();
        var ended = Tunnel.CanHalfClose ? Task.WhenAll(receiving, sending) : receiving;
        await Task.WhenAny(ended, _closeRequested.Task, Tunnel.Completion);
        if (_closeRequested.Task.IsCompleted || (_inputEnded && !ended.IsCompleted))
        {
            // The tunnel's end of it may be over while the target has yet to take the last bytes.
            await FinishSendingAsync(sending, receiving);
        }
        else if (!ended.IsCompleted)
        {
            // Stalled, or the tunnel is gone: a quiet end would let a cut-off upload look complete.
            Reset();
        }

        _socket.Dispose();
        Tunnel.Input.CancelPendingRead();
        await receiving;
        await sending;
        return await EndAsync();
    }

    /// <summary>
    /// The frontend closed. What it sent still goes to the target, what the target sent still goes to the frontend, and
    /// nothing more is read for it. Only the tunnel's reader calls it.
    /// </summary>
    public void RequestClose()
    {
        Tunnel.EndInput(isWhole: true);
        Tunnel.RequestClose(CloseReason.FrontendClosed);
        if (_closeRequested.TrySetResult())
        {
            _stopForwarding.Cancel();
        }
    }

    /// <summary>
    /// The frontend broke off: its target is reset, so that it does not take what it has for all. Only the tunnel's reader
    /// calls it.
    /// </summary>
    public void Cut()
    {
        Tunnel.Abort(CloseReason.FrontendLost);
        Tunnel.EndInput(isWhole: false);
    }

    /// <summary>The frontend sends no more and still reads. Only the tunnel's reader calls it.</summary>
    public void EndInput()
    {
        _inputEnded = true;
        Tunnel.EndInputByHalfClose();
    }

    /// <summary>Gives up whatever is still under way with the target.</summary>
    public void Reset()
    {
        try
        {
            _socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // It is gone already.
        }

        _socket.Dispose();
    }

    /// <summary>What the target sent may wait for its frontend as long as that lives; once it has closed, it hears no more.</summary>
    private async Task<CloseReason> EndAsync()
    {
        await Task.WhenAny(Tunnel.Completion, _closeRequested.Task);
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

    private async Task FinishSendingAsync(Task sending, Task receiving)
    {
        for (var queued = long.MaxValue; !sending.IsCompleted;)
        {
            await sending.WaitAsync(_limits.StallLimit, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!sending.IsCompleted && Tunnel.QueuedBytes >= queued)
            {
                Reset();
                return;
            }

            queued = Tunnel.QueuedBytes;
        }

        await receiving.WaitAsync(Linger, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SendLoopAsync()
    {
        var input = Tunnel.Input;
        try
        {
            while (true)
            {
                var result = await input.ReadAsync();
                if (result.IsCanceled)
                {
                    return;
                }

                if (result.Buffer.IsEmpty)
                {
                    input.AdvanceTo(result.Buffer.End);
                    if (!result.IsCompleted)
                    {
                        continue;
                    }

                    if (Tunnel.IsInputWhole)
                    {
                        _socket.Shutdown(SocketShutdown.Send);
                    }

                    return;
                }

                // One segment at a time: a slow target must show its progress to the stall limit.
                var sent = await _socket.SendAsync(FirstSegment.Of(result.Buffer), SocketFlags.None);
                input.AdvanceTo(result.Buffer.GetPosition(sent));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Counts only if nobody has ended the connection on purpose.
            Tunnel.RequestClose(CloseReason.TargetReset);
        }
        finally
        {
            await input.CompleteAsync();
        }
    }

    private async Task ReceiveLoopAsync()
    {
        try
        {
            if (await ForwardAsync(Tunnel.Output, _stopForwarding.Token))
            {
                return;
            }
        }
        catch (OperationCanceledException)
        {
            // The frontend closed.
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Tunnel.RequestClose(CloseReason.TargetReset);
            return;
        }
        finally
        {
            await Tunnel.Output.CompleteAsync();
        }

        await DiscardAsync();
    }

    /// <summary>True when the target has ended; false when nobody takes its bytes any more.</summary>
    private async Task<bool> ForwardAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var size = new ReadSize();
        var turns = new SocketTurns();
        var more = false;
        while (true)
        {
            if (!more)
            {
                // An idle connection waits here, without a buffer.
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, cancellationToken);
                turns.Waited();
            }

            var asked = size.Bytes;
            var got = await _socket.ReceiveAsync(output.GetMemory(asked)[..asked], SocketFlags.None, cancellationToken);
            if (got == 0)
            {
                Tunnel.SetReason(CloseReason.TargetClosed);
                return true;
            }

            output.Advance(got);
            size.Observe(asked, got);
            if (turns.Moved(got))
            {
                await SocketTurns.NextAsync();
            }

            more = got == asked;
            if ((await output.FlushAsync(cancellationToken)).IsCompleted)
            {
                return false;
            }
        }
    }

    /// <summary>Keeps a target that still sends from blocking, so that it can take what is queued for it and close.</summary>
    private async Task DiscardAsync()
    {
        var scratch = ArrayPool<byte>.Shared.Rent(ReadSize.Least);
        try
        {
            var left = MostDiscarded;
            while (left > 0 && await _socket.ReceiveAsync(scratch.AsMemory(), SocketFlags.None) is > 0 and var discarded)
            {
                left -= discarded;
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The end of the connection, one way or the other.
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(scratch);
        }
    }
}
