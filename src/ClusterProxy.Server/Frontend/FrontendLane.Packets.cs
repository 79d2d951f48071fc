using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Frontend;

/// <summary>What a frontend asks for on its lane.</summary>
internal sealed partial class FrontendLane
{
    private const string UnknownId = "Unknown connectID";
    private const string UnrecognizedId = "unrecognized connectID";
    private const string RepeatedDial = "this lane has a dial of that id already";
    private const string NotForwarded = "a server forwards dials here, and this one does not say so";

    private void OnControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialReq:
                OnDialRequest(packet.DialRequest ?? new DialRequest());
                break;
            case PacketType.DialCls when _pending.TryGetValue(packet.CloseDial?.Random ?? 0, out var dial):
                dial.Cancel();
                break;
            case PacketType.DialCls:
                var random = packet.CloseDial?.Random ?? 0;
                _observer.Refuse(_endedDials.Refusal(random, PacketRefusal.UnknownDial), random);
                break;
            case PacketType.CloseReq:
                OnCloseRequest(packet.CloseRequest ?? new CloseRequest());
                break;
            case PacketType.HalfClose when Find(packet.CloseRequest?.ConnectID) is { } connection:
                connection.EndInput();
                break;
            case PacketType.Credit when Find(packet.Credit?.ConnectID) is { } connection:
                connection.ToFrontend.ReceiveCredit(packet.Credit!.Bytes);
                break;
            case PacketType.HalfClose:
                RefuseOf(packet.CloseRequest?.ConnectID ?? 0);
                break;
            case PacketType.Credit:
                RefuseOf(packet.Credit?.ConnectID ?? 0);
                break;
            case PacketType.Ping:
                _roundTrip.Receive(packet.Ping ?? new Ping());
                break;
            case PacketType.Ownership when _feed is not null:
                _feed.Receive(packet.Ownership ?? new Ownership());
                break;
            default:
                _observer.Refuse(PacketRefusal.Meaningless, 0);
                break;
        }
    }

    private void RefuseOf(long connectId) =>
        _observer.Refuse(_endedConnections.Refusal(connectId, PacketRefusal.UnknownConnection), connectId);

    private ConnectionSplice? Find(long? connectId) => _connections.GetValueOrDefault(connectId ?? 0);

    private void OnCloseRequest(CloseRequest request)
    {
        if (Find(request.ConnectID) is not { } connection)
        {
            RefuseOf(request.ConnectID);
            _writer.TrySend(PacketFactory.CloseResponse(request.ConnectID, UnknownId));
        }
        else if (request.Cut)
        {
            connection.Cut(CloseReason.FrontendLost);
        }
        else
        {
            connection.Close();
        }
    }

    private void OnDialRequest(DialRequest request)
    {
        if (_feed is not null && request.Forwarding is null)
        {
            _observer.Refuse(PacketRefusal.NotForwarded, request.Random);
            _writer.TrySend(PacketFactory.DialResponse(request.Random, NotForwarded));
            return;
        }

        var dial = new LaneDial(request, _context, _subject, _share, _peer, _feed is not null);
        if (!_pending.TryAdd(dial.Id, dial))
        {
            _observer.Refuse(PacketRefusal.RepeatedDial, dial.Id);
            _writer.TrySend(PacketFactory.DialResponse(dial.Id, RepeatedDial));
            return;
        }

        _served.TryAdd(dial, true);
        dial.Serving = ServeAsync(dial);
    }

    private async Task ServeAsync(LaneDial dial)
    {
        if (await DialAsync(dial) is { } connection)
        {
            await connection.RunAsync();
            dial.Dial.Close(connection.ToTarget);
        }

        _served.TryRemove(dial, out _);
        LeaveIfEmpty();
    }

    /// <summary>From DIAL_REQ to DIAL_RSP; null when no connection came of it.</summary>
    private async Task<ConnectionSplice?> DialAsync(LaneDial dial)
    {
        var result = await dial.Dial.RunAsync(dial.Cancelled);
        _endedDials.Add(dial.Id);
        _pending.TryRemove(dial.Id, out _);
        if (dial.Cancelled.IsCancellationRequested && result.Connection is { } unwanted)
        {
            unwanted.Abort(CloseReason.FrontendClosed);
            unwanted.Output.Complete();
            unwanted.Input.Complete();
            result = DialResult.Failed(DialFailureReason.Cancelled);
        }

        if (result.Connection is { } connection)
        {
            return Open(dial, result, connection);
        }

        dial.Dial.End(result);
        switch (result.Failure)
        {
            case DialFailureReason.Cancelled:
                break;
            case DialFailureReason.ClosedByAgent:
                _writer.TrySend(PacketFactory.CloseDial(dial.Id));
                break;
            default:
                _writer.TrySend(Named(PacketFactory.DialResponse(dial.Id, result.Text), dial, result));
                break;
        }

        return null;
    }

    private ConnectionSplice Open(LaneDial dial, in DialResult result, TunnelConnection toTarget)
    {
        var features = TunnelFeatureSet.Credit | (toTarget.CanHalfClose ? TunnelFeatureSet.HalfClose : TunnelFeatureSet.None);
        var id = _context.Ids.Next();
        dial.Dial.End(result, id);
        ConnectionSplice splice = null!;
        var toFrontend = new TunnelConnection(
            _writer, id, TunnelRole.Dialed, features, _context.Limits, _context.Time, _observer,
            _ =>
            {
                _endedConnections.Add(id);
                _connections.TryRemove(KeyValuePair.Create(id, splice));
                splice.OnFrontendEnded();
            },
            _roundTrip);
        splice = new ConnectionSplice(toTarget, toFrontend, _context.Limits, _context.Time);
        _connections.TryAdd(id, splice);

        var answer = Named(PacketFactory.DialResponse(dial.Id, id), dial, result);
        answer.DialResponse.Features = TunnelFeatures.Format(features & TunnelFeatureSet.HalfClose);
        if (_writer.TrySend(answer))
        {
            _context.Metrics.DialForwarded(dial.Dial.Elapsed);
        }
        else
        {
            _context.Metrics.DialResponseUnsent();
        }

        splice.Start();
        if (_lost)
        {
            // The end of the lane may have swept the table just before.
            toFrontend.EndByPeer(CloseReason.FrontendLost);
        }

        return splice;
    }

    /// <summary>Tells a frontend that wants to know by which id the dial is in logs and audit, and another server what to say in its own.</summary>
    private Packet Named(Packet answer, LaneDial dial, in DialResult result)
    {
        if (_feed is not null)
        {
            answer.DialResponse.Forwarded = ForwardedAnswers.Of(result);
        }

        if (_features.HasFlag(TunnelFeatureSet.Trace))
        {
            answer.DialResponse.Connection = dial.Dial.ConnectionId;
        }

        return answer;
    }
}
