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
                    _observer.Refuse(PacketRefusal.RepeatedDial, request.Random);
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
                _observer.Refuse(PacketRefusal.UnknownDial, random.Value);
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
        var dial = new FrontendDial(
            _context, FrontendNames.Grpc, _call.Subject, _call.Share, _call.Peer, request.Protocol, request.Address,
            request.Traceparent.Length > 0
                ? new(request.Traceparent, request.Tracestate)
                : new(_call.Metadata.TraceParent, _call.Metadata.TraceState));
        var result = await dial.RunAsync(cancel.Token);
        var connection = result.Connection is null ? null : new FrontendConnection(
            _context.Ids.Next(), new ConnectionOwner(result.Connection, _context.Limits, _context.Time), _writer,
            _features != TunnelFeatureSet.None, _canHalfClose && result.Connection.CanHalfClose);
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
            dial.End(result);
            OnDialFailed(request, result, dial);
        }
        else if (cancelled)
        {
            dial.End(DialResult.Failed(DialFailureReason.Cancelled));
            connection.Owner.Abort(CloseReason.FrontendClosed);
            await connection.DisposeAsync();
        }
        else
        {
            await RunConnectionAsync(request, connection, result, dial);
            leave = true;
        }

        if (leave)
        {
            LeaveIfDraining();
        }
    }

    private void OnDialFailed(DialRequest request, DialResult result, FrontendDial dial)
    {
        switch (result.Failure)
        {
            case DialFailureReason.Cancelled:
                break;
            case DialFailureReason.ClosedByAgent:
                Reply(PacketFactory.CloseDial(request.Random));
                break;
            default:
                Reply(Named(PacketFactory.DialResponse(request.Random, result.Text), dial));
                break;
        }
    }

    /// <summary>Tells a frontend that wants to know by which id the dial is in logs and audit.</summary>
    private Packet Named(Packet answer, FrontendDial dial)
    {
        if (_features.HasFlag(TunnelFeatureSet.Trace))
        {
            answer.DialResponse.Connection = dial.ConnectionId;
        }

        return answer;
    }

    private async Task RunConnectionAsync(DialRequest request, FrontendConnection connection, DialResult result, FrontendDial dial)
    {
        dial.End(result, connection.Id);
        var answer = Named(PacketFactory.DialResponse(request.Random, connection.Id), dial);
        if (_canHalfClose && result.Connection!.CanHalfClose)
        {
            answer.DialResponse.Features = TunnelFeatures.Format(TunnelFeatureSet.HalfClose);
        }

        if (_writer.TrySend(answer))
        {
            _context.Metrics.DialForwarded(dial.Elapsed);
        }
        else
        {
            _context.Metrics.DialResponseUnsent();
            connection.Owner.Abort(CloseReason.FrontendLost);
        }

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

        dial.Close(connection.Owner.Connection);
    }

    private void LeaveIfDraining()
    {
        lock (_gate)
        {
            _finished = true;
            if (!_draining)
            {
                return;
            }

            _status ??= ShuttingDown;
        }

        _writer.Complete();
    }
}
