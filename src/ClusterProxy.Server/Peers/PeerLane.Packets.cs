using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Routing;

namespace ClusterProxy.Server.Peers;

/// <summary>What the other server says on a lane.</summary>
internal sealed partial class PeerLane
{
    private async Task ReadAsync()
    {
        while (await _transport.Reader.ReadAsync(_stop.Token))
        {
            while (_transport.Reader.TryRead(out var packet))
            {
                _observer.PacketReceived(packet.Type, packet.Payload.Length);
                if (packet.Type != PacketType.Data)
                {
                    OnControl(packet.Message!);
                }
                else if (_connections.Find(packet.ConnectId) is { } connection)
                {
                    await connection.ReceiveAsync(packet.Payload);
                }
                else
                {
                    _observer.Refuse(_endedConnections.Refusal(packet.ConnectId, PacketRefusal.UnknownConnection), packet.ConnectId);
                    _writer.TrySend(PacketFactory.CloseRequest(packet.ConnectId, cut: true));
                }
            }
        }
    }

    private TunnelConnection? Find(long? connectId) => _connections.Find(connectId ?? 0);

    private void OnControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialRsp:
                OnDialResponse(packet.DialResponse ?? new DialResponse());
                break;
            case PacketType.DialCls:
                Take(packet.CloseDial?.Random ?? 0)?.Complete(new(DialResult.Failed(DialFailureReason.ClosedByAgent), IsFinal: true));
                break;
            case PacketType.CloseRsp:
                Find(packet.CloseResponse?.ConnectID)?.EndByPeer(CloseReasonNames.FromWireText(packet.CloseResponse!.Error));
                break;
            case PacketType.HalfClose:
                Find(packet.CloseRequest?.ConnectID)?.EndInputByHalfClose();
                break;
            case PacketType.Credit:
                Find(packet.Credit?.ConnectID)?.ReceiveCredit(packet.Credit!.Bytes);
                break;
            case PacketType.Ping:
                _roundTrip.Receive(packet.Ping ?? new Ping());
                break;
            case PacketType.Ownership:
                OnOwnership(packet.Ownership ?? new Ownership());
                break;
            case PacketType.Drain:
                _draining = true;
                break;
        }
    }

    private void OnOwnership(Ownership update)
    {
        var version = Tunnels.Apply(update);
        _writer.TrySend(PacketFactory.Ownership(new Ownership { Received = true, Version = version }));
        if (version != 0 && !update.More)
        {
            _told.TrySetResult();
        }
    }

    private void OnDialResponse(DialResponse response)
    {
        var opens = response.Error.Length == 0 && response.ConnectID != 0 && _connections.Find(response.ConnectID) is null;
        if (Take(response.Random) is not { } dial)
        {
            if (opens)
            {
                // What was sent of it meanwhile is on its way.
                _endedConnections.Add(response.ConnectID);
                _writer.TrySend(PacketFactory.CloseRequest(response.ConnectID, cut: true));
            }
        }
        else if (opens)
        {
            dial.Complete(ForwardedAnswers.Read(response, Open(response)));
        }
        else if (response.Error.Length > 0)
        {
            dial.Complete(ForwardedAnswers.Read(response, null));
        }
        else
        {
            dial.Complete(new(DialResult.Refused($"server {ServerId} answered with connect id {response.ConnectID}, which cannot be used"), IsFinal: true));
        }
    }

    private TunnelConnection Open(DialResponse response)
    {
        // Beside the dial, which is released behind it.
        Interlocked.Increment(ref _active);
        var features = TunnelFeatureSet.Credit | (TunnelFeatureSet.HalfClose & TunnelFeatures.Parse(response.Features));
        var connection = new TunnelConnection(
            _writer, response.ConnectID, TunnelRole.Dialer, features, _context.Limits, _context.Time, _observer, _onEnded, _roundTrip);
        _connections.TryAdd(connection);
        return connection;
    }

    private void OnEnded(TunnelConnection connection)
    {
        _context.Metrics.ConnectionEnded(connection.Reason ?? CloseReason.TunnelLost, connection.Age);
        _endedConnections.Add(connection.ConnectId);
        _connections.Remove(connection);
        Release();
    }
}
