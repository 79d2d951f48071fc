using System.IO.Pipelines;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Protocol.Tunnels;

/// <summary>
/// The single writer of a tunnel. Control packets first, then one packet of each flow that has bytes, in turn; one flush a
/// turn. Whoever has something to send queues it and goes on: nobody but this loop ever waits for the peer's window.
/// </summary>
/// <remarks>
/// A packet that must follow a connection's last byte (CLOSE_REQ, CLOSE_RSP) is the flow's own closing packet, not a
/// control packet, which would overtake that byte.
/// </remarks>
internal sealed class TunnelWriter : IAsyncDisposable
{
    private const int TurnSize = 64 * 1024;

    /// <summary>
    /// Bytes that are sent without waiting for company. Below, one flush for many connections saves more than the thread
    /// that is woken for it costs; unless there are no others: a flow that had the last turn to itself, and a short one, does not
    /// wait, either. Behind a long turn a short rest waits for the next long one.
    /// </summary>
    private const int WorthATurn = 16 * 1024;

    /// <summary>Turns for which the loop borrows the thread that woke it, which may be a reader with more to read.</summary>
    private const int TurnsOnOneThread = 4;

    private readonly PipeWriter _output;
    private readonly TunnelLimits _limits;
    private readonly IPacketObserver? _observer;
    private readonly Lock _gate = new();
    private readonly Queue<Packet> _control = new();
    private readonly Queue<OutgoingFlow> _ready = new();
    private readonly TurnSignal _signal;
    private readonly CancellationTokenSource _abort = new();
    private volatile OutgoingFlow? _alone;
    private OutgoingFlow? _lender;
    private ReadOnlyMemory<byte> _lent;
    private Exception? _fault;
    private bool _completing;
    private bool _ended;

    /// <param name="output">The HTTP/2 body. The writer does not complete it.</param>
    /// <param name="limits">Bounds of the queue and of a packet.</param>
    /// <param name="observer">Counts packets, if given.</param>
    public TunnelWriter(PipeWriter output, TunnelLimits limits, IPacketObserver? observer = null)
    {
        _output = output;
        _limits = limits;
        _signal = new TurnSignal(limits.Scheduler);
        _observer = observer;
        Completion = RunAsync();
    }

    /// <summary>Ends when <see cref="Complete"/> has taken effect; fails when the peer or the transport did.</summary>
    public Task Completion { get; }

    /// <summary>For the tunnel's connections. A tunnel that never had one has none.</summary>
    public ConnectionPipes Pipes => field ??= new ConnectionPipes(_limits);

    /// <summary>Queues a control packet; false when the tunnel has ended or ends because of an overflow.</summary>
    public bool TrySend(Packet packet)
    {
        bool overflow;
        lock (_gate)
        {
            if (_ended || _completing)
            {
                return false;
            }

            overflow = _control.Count >= _limits.ControlQueue;
            if (!overflow)
            {
                _control.Enqueue(packet);
            }
        }

        if (overflow)
        {
            Abort(new GrpcException(
                GrpcStatusCode.ResourceExhausted,
                $"{_limits.ControlQueue} packets wait for a peer that does not read them"));
            return false;
        }

        _signal.Set();
        return true;
    }

    /// <summary>For a connection's bytes. The flow sends nothing until it is started.</summary>
    public OutgoingFlow AddFlow(long connectId, long credit = OutgoingFlow.Unlimited) => new(this, connectId, credit);

    /// <summary>Sends what is queued, then ends the loop. Flows that have nothing queued are cut.</summary>
    public void Complete()
    {
        lock (_gate)
        {
            _completing = true;
        }

        _signal.Set();
    }

    /// <summary>Why the writer was ended from this side; known before the transport shows that it was.</summary>
    public Exception? Fault
    {
        get
        {
            lock (_gate)
            {
                return _fault;
            }
        }
    }

    /// <summary>Ends the loop at once, a blocked flush included.</summary>
    public void Abort(Exception fault)
    {
        lock (_gate)
        {
            if (_ended)
            {
                return;
            }

            _fault ??= fault;
        }

        _abort.Cancel();
        _signal.Set();
    }

    public async ValueTask DisposeAsync()
    {
        Abort(new OperationCanceledException("the tunnel was closed"));
        await Completion.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    internal void Enqueue(OutgoingFlow flow)
    {
        // Before it is in the loop's hands.
        var bytes = flow.QueuedBytes;
        var runs = bytes >= WorthATurn || (bytes > 0 && flow == _alone);
        bool ended;
        lock (_gate)
        {
            ended = _ended;
            if (!ended)
            {
                _ready.Enqueue(flow);
            }
        }

        if (ended)
        {
            flow.Release();
        }
        else if (runs)
        {
            _signal.SetAndRun();
        }
        else
        {
            _signal.Set();
        }
    }

    private async Task RunAsync()
    {
        // The constructor must not run the first turn on its caller.
        await _signal.YieldAsync().ConfigureAwait(false);
        try
        {
            var turns = 0;
            while (true)
            {
                if (WriteTurn())
                {
                    var flush = await SendTurnAsync().ConfigureAwait(false);
                    if (flush.IsCompleted)
                    {
                        throw new GrpcException(GrpcStatusCode.Canceled, "the peer ended the stream");
                    }

                    GiveBack();

                    if (++turns >= TurnsOnOneThread)
                    {
                        turns = 0;
                        await _signal.YieldAsync().ConfigureAwait(false);
                    }
                }
                else if (_abort.IsCancellationRequested || IsFinished())
                {
                    // Whoever waits for the end must not run on the thread that asked for it.
                    await _signal.YieldAsync().ConfigureAwait(false);
                    _abort.Token.ThrowIfCancellationRequested();
                    return;
                }
                else
                {
                    turns = 0;
                    await _signal.WaitAsync().ConfigureAwait(false);
                }
            }
        }
        catch (OperationCanceledException) when (_fault is { } fault)
        {
            throw fault is GrpcException grpc ? new GrpcException(grpc.Status, grpc) : new OperationCanceledException(fault.Message, fault);
        }
        finally
        {
            End();
        }
    }

    private bool IsFinished()
    {
        lock (_gate)
        {
            return _completing && _control.Count == 0 && _ready.Count == 0;
        }
    }

    private bool WriteTurn()
    {
        var written = 0;
        OutgoingFlow? alone = null;
        while (TryTake(mayBeFlow: written < TurnSize, out var packet, out var flow))
        {
            if (packet is not null)
            {
                written += PacketCodec.Write(_output, packet);
                _observer?.PacketSent(packet.Type, 0);
                continue;
            }

            alone = written == 0 ? flow : null;
            var next = flow!.WriteTurn(_output, _limits.MaxPayload, _observer, out var bytes, out _lent);
            written += bytes;
            if (next == FlowTurn.Lends)
            {
                _lender = flow;
                break;
            }

            if (next == FlowTurn.HasMore)
            {
                Enqueue(flow);
            }
        }

        if (written > 0)
        {
            _alone = written < WorthATurn ? alone : null;
        }

        return written > 0;
    }

    /// <summary>What is lent leaves behind what was written, and with it.</summary>
    private ValueTask<FlushResult> SendTurnAsync() =>
        _lender is null ? _output.FlushAsync(_abort.Token) : _output.WriteAsync(_lent, _abort.Token);

    private void GiveBack()
    {
        if (_lender is { } lender)
        {
            (_lender, _lent) = (null, default);
            if (lender.TakeBack())
            {
                Enqueue(lender);
            }
        }
    }

    /// <summary>
    /// The next packet or, when there is none, the next flow. Both are looked for at once: between two looks a DIAL_RSP could be queued
    /// and then its connection's first bytes, which would overtake it.
    /// </summary>
    private bool TryTake(bool mayBeFlow, out Packet? packet, out OutgoingFlow? flow)
    {
        lock (_gate)
        {
            flow = null;
            return _control.TryDequeue(out packet) || (mayBeFlow && _ready.TryDequeue(out flow));
        }
    }

    private void End()
    {
        OutgoingFlow[] left;
        lock (_gate)
        {
            _ended = true;
            left = [.. _ready];
            _ready.Clear();
            _control.Clear();
        }

        _lender?.Release();
        foreach (var flow in left)
        {
            flow.Release();
        }
    }
}
