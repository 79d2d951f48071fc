using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Grpc;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>
/// One gRPC stream of a frontend: one dial, one connection.
/// <code>
///   frontend ──DATA──▶ reading loop ─ WriteAsync (waits: the stream's own back-pressure) ─▶ connection ──▶ agent
///   frontend ◀──DATA── TunnelWriter ◀─ flow ◀─ connection's input ◀── agent's reading loop
/// </code>
/// </summary>
internal sealed partial class FrontendTunnel : IFrontend, IStreamPeer
{
    private const int Http2EnhanceYourCalm = 0xb;

    /// <summary>For the dial of a stream that a frontend has opened when this server begins to end.</summary>
    private static readonly TimeSpan DialAhead = TimeSpan.FromSeconds(2);

    private static readonly GrpcStatus ShuttingDown = new(GrpcStatusCode.Unavailable, DialFailureReason.ShuttingDown.ToWireText());

    private readonly GrpcServerCall _call;
    private readonly FrontendContext _context;
    private readonly PacketReader _reader;
    private readonly TunnelWriter _writer;
    private readonly LegObserver _observer;
    private readonly TunnelFeatureSet _features;
    private readonly bool _canHalfClose;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private FrontendState _state;
    private FrontendConnection? _connection;
    private CancellationTokenSource? _dial;
    private long _dialId;
    private Task _dialing = Task.CompletedTask;
    private GrpcStatus? _status;
    private bool _draining;
    private bool _finished;
    private ITimer? _idleTimer;
    private volatile bool _doesNotRead;

    public FrontendTunnel(GrpcServerCall call, FrontendContext context)
    {
        _call = call;
        _context = context;
        _features = context.Features & TunnelFeatures.Parse(call.Metadata[TunnelHeaders.Features]);
        _canHalfClose = _features.HasFlag(TunnelFeatureSet.HalfClose);
        _reader = new PacketReader(call.Input, context.Limits.MaxMessageSize);
        _observer = new LegObserver(context.Metrics.ToClient, context.Metrics.FromClient, context.Metrics, context.Refusals, this);
        _writer = new TunnelWriter(
            new TimedPipeWriter(call.Output, context.Time, context.Metrics.FrontendWritten), context.Limits, _observer);
    }

    public string Who => WhoIs(_call);

    public string Address => _call.Peer;

    public bool IsStalled
    {
        get
        {
            lock (_gate)
            {
                return _connection is { Owner.IsStalled: true };
            }
        }
    }

    public static string WhoIs(GrpcServerCall call) => $"frontend ({call.Subject?.ToString() ?? FrontendSubject.TextOf(call.ClientCertificate)})";

    /// <summary>Runs until the frontend ends the stream; afterwards its dial and its connection have ended too.</summary>
    public async Task<GrpcStatus> RunAsync()
    {
        var lost = _call.Ended.UnsafeRegister(static tunnel => ((FrontendTunnel)tunnel!).Stop(null), this);
        _context.Live.Add(this);
        try
        {
            var reading = ReadAsync();
            if (await Task.WhenAny(reading, _writer.Completion) != reading)
            {
                Stop(null);
            }

            await reading;
            await FinishAsync();
            return GrpcStatus.OK;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            return _status ?? Failed(WriterFault());
        }
        catch (Exception e) when (e is GrpcException or IOException or OperationCanceledException)
        {
            Abort(e is GrpcException ? CloseReason.ProtocolError : CloseReason.FrontendLost);
            return Failed(e);
        }
        finally
        {
            await lost.DisposeAsync();
            if (_doesNotRead || _writer.Fault is GrpcException)
            {
                // Trailers would wait behind the bytes that the frontend does not take. It comes first: a flush that is given up
                // resets the stream too, with an error code that says nothing.
                _call.Reset(Http2EnhanceYourCalm);
            }

            Stop(null);
            if (Current().Connection is { } connection)
            {
                await connection.DisposeAsync();
            }

            await _dialing;
            await _writer.DisposeAsync();
            _observer.End();
            _context.Live.Remove(this);
            await StopTimerAsync();
        }
    }

    public void Drain()
    {
        bool finished;
        lock (_gate)
        {
            finished = _finished;
            _draining = true;
            if (_state == FrontendState.Idle)
            {
                _idleTimer ??= _context.Time.CreateTimer(
                    static tunnel => ((FrontendTunnel)tunnel!).StopIfUnused(), this, DialAhead, Timeout.InfiniteTimeSpan);
            }

            if (!finished && _state != FrontendState.Discarding)
            {
                return;
            }
        }

        if (finished)
        {
            LeaveIfDraining();
        }
        else
        {
            Stop(ShuttingDown);
        }
    }

    public void Shutdown() => Abort(CloseReason.ShuttingDown);

    private ValueTask StopTimerAsync()
    {
        lock (_gate)
        {
            return _idleTimer?.DisposeAsync() ?? ValueTask.CompletedTask;
        }
    }

    private void StopIfUnused()
    {
        lock (_gate)
        {
            if (_state is not (FrontendState.Idle or FrontendState.Discarding))
            {
                return;
            }
        }

        Stop(ShuttingDown);
    }

    private async Task ReadAsync()
    {
        while (await _reader.ReadAsync(_stop.Token))
        {
            while (_reader.TryRead(out var packet))
            {
                _observer.PacketReceived(packet.Type, packet.Payload.Length);
                if (packet.Type == PacketType.Data)
                {
                    await OnDataAsync(packet);
                }
                else
                {
                    OnControl(packet.Message!);
                }
            }
        }
    }

    /// <summary>END_STREAM: no dial goes on, and a connection ends as on CLOSE_REQ.</summary>
    private async Task FinishAsync()
    {
        CancelDial(null);
        Current().Connection?.Owner.Close(CloseReason.FrontendClosed);
        await _dialing;
        _writer.Complete();
        try
        {
            await _writer.Completion.WaitAsync(_context.Limits.StallLimit, _context.Time, _stop.Token);
        }
        catch (TimeoutException)
        {
            _doesNotRead = true;
        }
    }

    /// <summary>Ends the stream from this side; a connection is cut.</summary>
    private void Stop(GrpcStatus? status)
    {
        lock (_gate)
        {
            _status ??= status;
            _dial?.Cancel();
        }

        _stop.Cancel();
        Abort(CloseReason.FrontendLost);
    }

    private void Abort(CloseReason reason)
    {
        FrontendConnection? connection;
        lock (_gate)
        {
            connection = _connection;
        }

        connection?.Owner.Abort(reason);
    }

    private Exception WriterFault() =>
        _writer.Completion.Exception?.InnerException ?? new OperationCanceledException("the frontend ended the call");

    private GrpcStatus Failed(Exception fault)
    {
        // What broke after an overflow broke of it, and what cannot be sent to one who has left is no fault of sending.
        var (from, to) = (_context.Metrics.FromClient, _context.Metrics.ToClient);
        var (status, segment) = _writer.Fault is GrpcException overflow ? (overflow.Status, to)
            : _call.Ended.IsCancellationRequested || fault is IOException or GrpcException { Status.Code: GrpcStatusCode.Canceled } ? (GrpcMethod.EndOf(_call), from)
            : (GrpcErrorCodes.FromException(fault), _writer.Completion.IsFaulted ? to : from);
        _context.Metrics.StreamFailed(segment, status.Code);
        if (status.Code is not (GrpcStatusCode.Canceled or GrpcStatusCode.DeadlineExceeded))
        {
            _context.Refusals.StreamBroken(Who, Address, status);
        }

        return status;
    }
}
