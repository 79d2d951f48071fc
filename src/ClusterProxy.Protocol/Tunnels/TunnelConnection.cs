using System.Buffers;
using System.IO.Pipelines;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// One proxied TCP connection inside a tunnel, seen from one end of it.
/// <code>
///   peer ──DATA──▶ tunnel reader ─ ReceiveAsync ─▶ [input pipe]  ─▶ Input   ─▶ owner
///   peer ◀──DATA── TunnelWriter  ◀─ OutgoingFlow ─ [output pipe] ◀─ Output  ◀─ owner
/// </code>
/// The tunnel reader owns the writing end of the input pipe, the owner its reading end and the writing end of the output
/// pipe, the flow the reading end of that. Each completes its own ends only.
/// </summary>
/// <remarks>
/// Two locks: <c>_ended</c> for how it ends, <c>_input</c> for the writing end of the input. Nobody else locks these, and locks of
/// their own would be 80 bytes of an idle connection.
/// </remarks>
internal sealed partial class TunnelConnection
{
    private readonly TunnelWriter _writer;
    private readonly TunnelLimits _limits;
    private readonly TimeProvider _time;
    private readonly IPacketObserver? _observer;
    private readonly Action<TunnelConnection> _onEnded;
    private readonly Pipe _input;
    private readonly MeteredPipeReader _inputReader;
    private readonly OutgoingFlow _flow;
    private readonly ReceiveWindow? _window;
    private readonly TaskCompletionSource<CloseReason> _ended;
    private readonly long _opened;
    private readonly bool _isOurs;
    private Pipe? _output;
    private ITimer? _closeTimer;
    private CloseReason? _reason;
    private CloseReason? _lostBy;
    private bool _closeRequested;
    private bool _halfCloseSent;
    private bool _closeSent;
    private bool _inputEnded;
    private bool _hasEnded;
    private volatile bool _inputIsWhole;
    private volatile bool _ownerGone;
    private volatile bool _isOver;

    /// <param name="writer">The tunnel's writer.</param>
    /// <param name="connectId">The id by which the peer of this tunnel knows the connection.</param>
    /// <param name="role">Which end of the dial this is; it decides between CLOSE_REQ and CLOSE_RSP.</param>
    /// <param name="features">What both ends of the tunnel announced.</param>
    /// <param name="limits">Bounds and deadlines.</param>
    /// <param name="time">Clock of the deadlines.</param>
    /// <param name="observer">Learns of stalls, if given.</param>
    /// <param name="onEnded">Called once, when nothing more is due in either direction; best the same for all connections of a tunnel.</param>
    /// <param name="roundTrip">The tunnel's, if it is measured.</param>
    public TunnelConnection(
        TunnelWriter writer, long connectId, TunnelRole role, TunnelFeatureSet features, TunnelLimits limits,
        TimeProvider time, IPacketObserver? observer, Action<TunnelConnection> onEnded, TunnelRoundTrip? roundTrip = null)
    {
        _writer = writer;
        ConnectId = connectId;
        Role = role;
        CanHalfClose = features.HasFlag(TunnelFeatureSet.HalfClose);
        _isOurs = features != TunnelFeatureSet.None;
        var hasCredit = features.HasFlag(TunnelFeatureSet.Credit);
        _window = hasCredit ? new ReceiveWindow(limits, time, roundTrip) : null;
        _limits = limits;
        _time = time;
        _observer = observer;
        _onEnded = onEnded;
        _opened = time.GetTimestamp();
        _ended = new(limits.OwnerScheduler == PipeScheduler.Inline ? TaskCreationOptions.None : TaskCreationOptions.RunContinuationsAsynchronously);
        _input = writer.Pipes.CreateInput(hasCredit);
        _inputReader = new MeteredPipeReader(_input.Reader, time, limits.Budget, hasCredit ? this : null);
        _flow = writer.AddFlow(connectId, hasCredit ? limits.InitialWindow : OutgoingFlow.Unlimited);
    }

    public long ConnectId { get; }

    public TunnelRole Role { get; }

    /// <summary>Time since it was opened.</summary>
    public TimeSpan Age => _time.GetElapsedTime(_opened);

    /// <summary>Whether the end of one direction leaves the other alone.</summary>
    public bool CanHalfClose { get; }

    /// <summary>What the peer may send; null toward a peer without credit.</summary>
    public ReceiveWindow? Window => _window;

    /// <summary>What this side may send; <see cref="OutgoingFlow.Unlimited"/> toward a peer without credit.</summary>
    public long SendCredit => _flow.Credit;

    /// <summary>What the peer sent. It ends when the peer closed, after all bytes that came before. The owner completes it.</summary>
    public MeteredPipeReader Input => _inputReader;

    /// <summary>
    /// Whether the end of <see cref="Input"/> is the end that the peer meant. The reason does not tell: a target's end comes first
    /// and stays, and what is cut off later is the other direction.
    /// </summary>
    public bool IsInputWhole => _inputIsWhole;

    /// <summary>Bytes that came from the peer and were not taken yet.</summary>
    public long QueuedBytes => _inputReader.QueuedBytes;

    /// <summary>Bytes that came from the peer and were taken.</summary>
    public long TakenBytes => _inputReader.TakenBytes;

    /// <summary>Bytes of <see cref="Output"/> that went into the tunnel.</summary>
    public long SentBytes => _flow.SentBytes;

    /// <summary>
    /// What the peer is to get. Completing it closes the connection behind the last byte, or, if it can be half-closed, this
    /// direction of it. A flush that reports completion says that the connection is over.
    /// </summary>
    public PipeWriter Output => (Volatile.Read(ref _output) ?? CreateOutput()).Writer;

    /// <summary>Why the connection ends; null while it lives.</summary>
    public CloseReason? Reason
    {
        get
        {
            lock (_ended)
            {
                return _reason;
            }
        }
    }

    /// <summary>
    /// What cut the connection off, at this end or at the peer's, whatever the reason was to close it: bytes may be missing. Null
    /// when the peer ended it in good order, or answered the end.
    /// </summary>
    public CloseReason? LostBy
    {
        get
        {
            lock (_ended)
            {
                return _lostBy;
            }
        }
    }

    /// <summary>Ends with the reason when nothing more is due in either direction.</summary>
    public Task<CloseReason> Completion => _ended.Task;

    /// <summary>Notes why the connection ends; the first reason wins.</summary>
    public void SetReason(CloseReason reason)
    {
        lock (_ended)
        {
            _reason ??= reason;
        }
    }

    /// <summary>
    /// Takes a DATA packet. Only the tunnel's reader calls it. It completes at once, except when the connection's buffer is
    /// full: then the tunnel waits here, for at most the stall limit, and after that the connection is closed.
    /// </summary>
    public ValueTask ReceiveAsync(in ReadOnlySequence<byte> payload)
    {
        lock (_input)
        {
            if (_inputEnded || payload.IsEmpty)
            {
                if (_ownerGone)
                {
                    _window?.TryReceive(payload.Length);
                    ReturnDropped(payload.Length);
                }

                return ValueTask.CompletedTask;
            }

            if (_window?.TryReceive(payload.Length) == false)
            {
                _observer?.CreditViolated(ConnectId);
                Abort(CloseReason.ProtocolError);
                EndInput(isWhole: false);
                return ValueTask.CompletedTask;
            }

            PayloadPieces.Write(_input.Writer, payload, _limits.MaxPayload);
            _inputReader.OnQueued(payload.Length);
        }

        // Outside of the lock: the owner may go on inside this call.
        var flush = _input.Writer.FlushAsync();
        if (!flush.IsCompleted)
        {
            return WaitForReceiverAsync(flush.AsTask());
        }

        if (flush.Result.IsCompleted)
        {
            _ownerGone = true;
            EndInput(isWhole: false);
            _inputReader.Forget();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>CREDIT came: the peer takes more of this connection, or, with 0, has run out of what it was granted.</summary>
    public void ReceiveCredit(long bytes)
    {
        switch (bytes)
        {
            case 0:
                _window?.OnSenderBlocked();
                break;
            case > 0 and < int.MaxValue when _window is not null:
                _flow.AddCredit(bytes);
                break;
            default:
                // A peer that takes back, or grants what no counter holds, is broken.
                _observer?.CreditRefused(ConnectId);
                Abort(CloseReason.ProtocolError);
                break;
        }
    }

    /// <summary>Nothing more comes from the peer, or nothing more is taken from it.</summary>
    /// <param name="isWhole">The peer has said that this is all.</param>
    public void EndInput(bool isWhole)
    {
        lock (_input)
        {
            if (_inputEnded)
            {
                return;
            }

            _inputEnded = true;
            _inputIsWhole = isWhole;
        }

        _input.Writer.Complete();
    }

    /// <summary>HALF_CLOSE came: nothing more from the peer, which still reads. Only the tunnel's reader calls it.</summary>
    public void EndInputByHalfClose()
    {
        EndInput(isWhole: true);
        Packet? packet;
        lock (_ended)
        {
            packet = Role == TunnelRole.Dialed && _halfCloseSent ? ClosingPacket() : null;
        }

        if (packet is not null)
        {
            _writer.TrySend(packet);
            EndIfDialed();
        }
    }

    private Pipe CreateOutput()
    {
        Pipe output;
        lock (_ended)
        {
            if (_output is { } made)
            {
                return made;
            }

            output = _output = _writer.Pipes.CreateOutput();
        }

        _flow.Start(output.Reader, static connection => ((TunnelConnection)connection).EndOutput(), this);
        return output;
    }

    /// <summary>The owner took bytes. For the reading end of <see cref="Input"/>.</summary>
    internal void ReturnCredit(long taken)
    {
        if (_window!.Take(taken, QueuedBytes) is > 0 and var credit && !_ended.Task.IsCompleted)
        {
            _writer.TrySend(PacketFactory.Credit(ConnectId, credit));
        }
    }

    /// <summary>Nobody will take these bytes. For the reading end of <see cref="Input"/>.</summary>
    internal void ReturnDropped(long bytes)
    {
        if (_window is not null && !_ended.Task.IsCompleted)
        {
            _window.Drop(bytes);
            _writer.TrySend(PacketFactory.Credit(ConnectId, bytes));
        }
    }

    private async ValueTask WaitForReceiverAsync(Task<FlushResult> flush)
    {
        var started = _time.GetTimestamp();
        _observer?.StallStarted();
        // A receiver that had stopped long before its buffer filled gets no second grace at the others' expense.
        var limit = _limits.StallLimit;
        if (limit != Timeout.InfiniteTimeSpan)
        {
            limit -= _inputReader.TimeWithoutProgress;
            limit = limit > TimeSpan.Zero ? limit : TimeSpan.Zero;
        }

        try
        {
            if ((await flush.WaitAsync(limit, _time).ConfigureAwait(false)).IsCompleted)
            {
                EndInput(isWhole: false);
            }
        }
        catch (TimeoutException)
        {
            Abort(CloseReason.Stalled);
            EndInput(isWhole: false);
        }
        finally
        {
            _observer?.StallEnded(_time.GetElapsedTime(started));
        }
    }
}
