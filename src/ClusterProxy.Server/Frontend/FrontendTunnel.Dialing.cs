using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>From DIAL_REQ to DIAL_RSP.</summary>
internal sealed partial class FrontendTunnel
{
    private void OnDialRequest(DialRequest request)
    {
        CancellationTokenSource cancel;
        lock (_gate)
        {
            switch (_state)
            {
                case FrontendState.Idle:
                    break;
                case FrontendState.Discarding:
                    return;
                default:
                    Reply(PacketFactory.DialResponse(request.Random, "this stream has a dial or a connection already; open another stream"));
                    return;
            }

            _state = FrontendState.Dialing;
            _dialId = request.Random;
            cancel = _dial = new CancellationTokenSource();
            if (_stop.IsCancellationRequested)
            {
                cancel.Cancel();
            }
        }

        _dialing = DialAsync(request, cancel);
    }

    /// <summary>Gives the dial up; a connection that has just come of it is closed.</summary>
    /// <param name="random">As DIAL_CLS names it; null for whichever there is.</param>
    private void CancelDial(long? random)
    {
        lock (_gate)
        {
            if (random is not null && random != _dialId)
            {
                return;
            }

            if (_state == FrontendState.Dialing)
            {
                _dial?.Cancel();
                return;
            }
        }

        if (random is not null)
        {
            // DIAL_CLS crossed DIAL_RSP: the frontend wants no connection.
            Abort(CloseReason.FrontendClosed);
        }
    }

    private async Task DialAsync(DialRequest request, CancellationTokenSource cancel)
    {
        var started = _context.Time.GetTimestamp();
        var result = await _context.DialAsync(_call.Subject, _call.Peer, request.Protocol, request.Address, cancel.Token);
        var elapsed = _context.Time.GetElapsedTime(started);
        var connection = result.Connection is null ? null : new FrontendConnection(
            _context.Ids.Next(), new ConnectionOwner(result.Connection, _context.Limits, _context.Time), _writer,
            _canHalfClose, _canHalfClose && result.Connection.CanHalfClose);
        var cancelled = false;
        var leave = false;
        lock (_gate)
        {
            cancelled = cancel.IsCancellationRequested;
            if (connection is not null && !cancelled)
            {
                _connection = connection;
                _state = FrontendState.Open;
            }
            else if (_state == FrontendState.Dialing)
            {
                _state = FrontendState.Idle;
                leave = _draining;
            }

            _dial = null;
        }

        cancel.Dispose();
        if (connection is null)
        {
            OnDialFailed(request, result, elapsed);
        }
        else if (cancelled)
        {
            _context.Metrics.DialEnded(FrontendNames.Grpc, DialResult.Failed(DialFailureReason.Cancelled), elapsed);
            connection.Owner.Abort(CloseReason.FrontendClosed);
            await connection.DisposeAsync();
        }
        else
        {
            await RunConnectionAsync(request, connection, result, elapsed);
            leave = true;
        }

        if (leave)
        {
            LeaveIfDraining();
        }
    }

    private void OnDialFailed(DialRequest request, DialResult result, TimeSpan elapsed)
    {
        _context.Metrics.DialEnded(FrontendNames.Grpc, result, elapsed);
        _context.Logger.DialFailed(FrontendNames.Grpc, request.Address, _call.Peer, result.Failure!.Value.ToTag(), result.Text);
        switch (result.Failure)
        {
            case DialFailureReason.Cancelled:
                break;
            case DialFailureReason.ClosedByAgent:
                Reply(PacketFactory.CloseDial(request.Random));
                break;
            default:
                Reply(PacketFactory.DialResponse(request.Random, result.Text));
                break;
        }
    }

    private async Task RunConnectionAsync(DialRequest request, FrontendConnection connection, DialResult result, TimeSpan elapsed)
    {
        var started = _context.Time.GetTimestamp();
        _context.Metrics.DialEnded(FrontendNames.Grpc, result, elapsed);
        var answer = PacketFactory.DialResponse(request.Random, connection.Id);
        if (_canHalfClose && result.Connection!.CanHalfClose)
        {
            answer.DialResponse.Features = TunnelFeatures.Format(TunnelFeatureSet.HalfClose);
        }

        if (_writer.TrySend(answer))
        {
            _context.Metrics.DialForwarded(elapsed);
        }
        else
        {
            _context.Metrics.DialResponseUnsent();
            connection.Owner.Abort(CloseReason.FrontendLost);
        }

        _context.Logger.ConnectionOpened(FrontendNames.Grpc, connection.Id, request.Address, _call.Peer, elapsed);
        connection.Start();
        try
        {
            if (!await connection.WaitForEndAsync())
            {
                _doesNotRead = true;
                Stop(new(GrpcStatusCode.ResourceExhausted, CloseReason.Stalled.ToWireText()));
            }
        }
        catch (OperationCanceledException)
        {
            // The stream ended first.
        }

        _context.Logger.ConnectionClosed(
            FrontendNames.Grpc, connection.Id, request.Address, (connection.Owner.Connection.Reason ?? CloseReason.FrontendLost).ToTag(),
            _context.Time.GetElapsedTime(started));
    }

    private void LeaveIfDraining()
    {
        lock (_gate)
        {
            if (!_draining)
            {
                return;
            }

            _status ??= ShuttingDown;
        }

        _writer.Complete();
    }
}
