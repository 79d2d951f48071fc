using System.Buffers;
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
internal sealed partial class TargetConnection
{
    /// <summary>
    /// Bytes that a target may still send when the frontend has closed: what was on its way then. One that goes on sends a
    /// stream, which nobody wants any more and a reset ends.
    /// </summary>
    private const long MostDiscarded = 1024 * 1024;

    /// <summary>More than the other loop needs to say what it was told.</summary>
    private static readonly TimeSpan Verdict = TimeSpan.FromSeconds(1);

    private const int SendLoop = 1;
    private const int ReceiveLoop = 2;

    /// <summary>The receive loop has the tunnel's output in its hands.</summary>
    private const int Busy = 0;

    /// <summary>It waits for the target, and has nothing else.</summary>
    private const int Waiting = 1;

    /// <summary>Nothing more is forwarded.</summary>
    private const int Stopped = 2;

    private readonly Socket _socket;
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly Action<TargetConnection> _onTurned;
    private Task _receiving = Task.CompletedTask;
    private Task _sending = Task.CompletedTask;
    private TaskCompletionSource? _again;
    private volatile bool _inputEnded;
    private volatile bool _closeRequested;
    private volatile bool _targetToldEnd;
    private volatile bool _targetTakesNoMore;
    private volatile bool _tunnelEnded;
    private int _loopsEnded;
    private int _phase;
    private int _forwarding = Busy;

    /// <param name="id">By which the log names it.</param>
    /// <param name="socket">Connected; owned from here on.</param>
    /// <param name="tunnel">The tunnel's end of the connection.</param>
    /// <param name="limits">For the stall limit.</param>
    /// <param name="time">Clock of the limits.</param>
    /// <param name="onTurned">
    /// Called once, on a thread of the pool, when an end is in sight; it has to call <see cref="EndAsync"/>. Until then nothing waits for
    /// an idle connection but its two loops.
    /// </param>
    public TargetConnection(
        string id, Socket socket, TunnelConnection tunnel, TunnelLimits limits, TimeProvider time, Action<TargetConnection> onTurned)
    {
        Id = id;
        _socket = socket;
        _socket.Blocking = false;
        Tunnel = tunnel;
        _limits = limits;
        _time = time;
        _onTurned = onTurned;
    }

    public string Id { get; }

    public TunnelConnection Tunnel { get; }

    private bool HaveEnded => (Volatile.Read(ref _loopsEnded) & LoopsThatCount) == LoopsThatCount;

    private int LoopsThatCount => Tunnel.CanHalfClose ? SendLoop | ReceiveLoop : ReceiveLoop;

    /// <summary>Carries bytes from here on, inside this call up to where there are none.</summary>
    public void Start()
    {
        _receiving = ReceiveLoopAsync();
        _sending = SendLoopAsync();
        Enter(Started);
    }

    /// <summary>
    /// The frontend closed. What it sent still goes to the target, what the target sent still goes to the frontend, and
    /// nothing more is read for it. Only the tunnel's reader calls it.
    /// </summary>
    public void RequestClose()
    {
        _closeRequested = true;
        Tunnel.EndInput(isWhole: true);
        Tunnel.RequestClose(CloseReason.FrontendClosed);
        if (Interlocked.Exchange(ref _forwarding, Stopped) == Waiting)
        {
            // To cancel the wait instead would cost each connection an exception.
            Tunnel.Output.Complete();
        }
        else
        {
            Tunnel.Output.CancelPendingFlush();
        }

        Signal();
    }

    /// <summary>Nothing more is due between this agent and the server.</summary>
    public void TunnelEnded()
    {
        _tunnelEnded = true;
        Signal();
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

    private async Task SendLoopAsync()
    {
        var input = Tunnel.Input;
        try
        {
            while (true)
            {
                var result = await input.BeginRead();
                input.EndRead(result);
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
                        _targetToldEnd = true;
                        _socket.Shutdown(SocketShutdown.Send);
                    }

                    return;
                }

                await SendAsync(result.Buffer, input);
            }
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.Shutdown)
        {
            // The target had ended before it refused these bytes, or the receive loop has been told of a reset. What that one reads first
            // is still the frontend's, so it decides.
            _targetTakesNoMore = true;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Counts only if nobody has ended the connection on purpose.
            Tunnel.RequestClose(CloseReason.TargetReset);
        }
        finally
        {
            input.Complete();
            NoteEnd(SendLoop);
        }
    }

    /// <summary>
    /// One segment at a time: a slow target must show its progress to the stall limit. What a send needs is here, so that a connection
    /// that waits for bytes does not keep it.
    /// </summary>
    private ValueTask SendAsync(ReadOnlySequence<byte> buffer, MeteredPipeReader input)
    {
        var segment = FirstSegment.Of(buffer);
        var sent = _socket.Send(segment.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
        {
            return SendSlowlyAsync(segment, buffer, input);
        }

        if (error != SocketError.Success)
        {
            throw new SocketException((int)error);
        }

        input.AdvanceTo(buffer.GetPosition(sent));
        return ValueTask.CompletedTask;
    }

    private async ValueTask SendSlowlyAsync(ReadOnlyMemory<byte> segment, ReadOnlySequence<byte> buffer, MeteredPipeReader input)
    {
        var sent = await _socket.SendAsync(segment, SocketFlags.None);
        input.AdvanceTo(buffer.GetPosition(sent));
    }

    private async Task ReceiveLoopAsync()
    {
        try
        {
            if (!await ForwardAsync(Tunnel.Output))
            {
                Tunnel.Output.Complete();
                await DiscardAsync();
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Tunnel.RequestClose(CloseReason.TargetReset);
        }
        finally
        {
            Tunnel.Output.Complete();
            NoteEnd(ReceiveLoop);
        }
    }

    /// <summary>True when the target has ended; false when nobody takes its bytes any more.</summary>
    private async Task<bool> ForwardAsync(PipeWriter output)
    {
        var size = new ReadSize();
        var turns = new SocketTurns();
        var more = false;
        while (true)
        {
            if (!more || _socket.Available == 0)
            {
                if (Interlocked.CompareExchange(ref _forwarding, Waiting, Busy) == Stopped)
                {
                    return false;
                }

                // An idle connection waits here, without a buffer.
                await _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                turns.Waited();
                if (Interlocked.CompareExchange(ref _forwarding, Busy, Waiting) == Stopped)
                {
                    return false;
                }
            }

            var asked = size.Bytes;
            var got = _socket.Receive(output.GetSpan(asked)[..asked], SocketFlags.None, out var error);
            if (error == SocketError.WouldBlock)
            {
                more = false;
                continue;
            }

            if (error != SocketError.Success)
            {
                throw new SocketException((int)error);
            }

            if (got == 0)
            {
                await NoteEndOfTargetAsync();
                return true;
            }

            output.Advance(got);
            size.Observe(asked, got);
            if (turns.Moved(got))
            {
                await SocketTurns.NextAsync();
            }

            more = got == asked;
            var flush = await FullOutput.ChargeAsync(output.FlushAsync(), _limits);
            if (flush.IsCompleted || flush.IsCanceled)
            {
                return false;
            }
        }
    }

    /// <summary>
    /// What looks like the target's end may be a reset that the send loop has been told of: the kernel tells of one once. A target that
    /// ended and then refused bytes leaves EPIPE, and one that ended after this side is over, too, so the state is looked at first.
    /// </summary>
    private async ValueTask NoteEndOfTargetAsync()
    {
        if (TcpState.Read(_socket) is not { IsOver: true } || _targetToldEnd)
        {
            Tunnel.SetReason(CloseReason.TargetClosed);
            return;
        }

        if (_socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error) is 0)
        {
            await _sending.WaitAsync(Verdict, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        // It takes no more bytes either.
        Tunnel.RequestClose(CloseReason.TargetClosed);
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
