using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Client.Lanes;

/// <summary>What the server says on a lane.</summary>
internal sealed partial class ClientLane
{
    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (await _turns.WaitFor(_transport.Reader.ReadAsync(cancellationToken)))
            {
                while (_transport.Reader.TryRead(out var packet))
                {
                    await OnPacketAsync(packet).ConfigureAwait(false);
                }
            }
        }
        finally
        {
            _turns.End();
        }
    }

    private ValueTask OnPacketAsync(in ReceivedPacket packet)
    {
        _settings.Metrics.PacketReceived(packet.Type, packet.Payload.Length);
        if (packet.Type != PacketType.Data)
        {
            OnControl(packet.Message!);
        }
        else if (Find(packet.ConnectId) is { } connection)
        {
            return connection.Connection.ReceiveAsync(packet.Payload);
        }
        else
        {
            _writer.TrySend(PacketFactory.CloseRequest(packet.ConnectId, cut: true));
        }

        return ValueTask.CompletedTask;
    }

    private LanedConnection? Find(long? connectId) => _connections.GetValueOrDefault(connectId ?? 0);

    private void OnControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialRsp:
                OnDialResponse(packet.DialResponse ?? new DialResponse());
                break;
            case PacketType.DialCls:
                if (Take(packet.CloseDial?.Random ?? 0) is { } dial)
                {
                    dial.Fail(Failure(dial, DialFailureReason.DialClosed, "the far end gave the dial up"));
                }

                break;
            case PacketType.CloseRsp:
                Find(packet.CloseResponse?.ConnectID)?.OnCloseResponse(packet.CloseResponse!.Error);
                break;
            case PacketType.HalfClose:
                Find(packet.CloseRequest?.ConnectID)?.OnHalfClose();
                break;
            case PacketType.Credit:
                Find(packet.Credit?.ConnectID)?.Connection.ReceiveCredit(packet.Credit!.Bytes);
                break;
            case PacketType.Ping:
                _roundTrip.Receive(packet.Ping ?? new Ping());
                break;
            case PacketType.Drain:
                Leave();
                break;
        }
    }

    private void OnDialResponse(DialResponse response)
    {
        var opens = response.Error.Length == 0 && response.ConnectID != 0 && !_connections.ContainsKey(response.ConnectID);

        // In the table of connections before it leaves that of dials: the lane must not seem empty in between.
        var pending = _dials.GetValueOrDefault(response.Random);
        var connection = opens && pending is not null ? Open(pending, response) : null;
        var dial = Take(response.Random);
        if (dial is null)
        {
            connection?.End.Abort();
            if (connection is null && opens)
            {
                _writer.TrySend(PacketFactory.CloseRequest(response.ConnectID, cut: true));
            }
        }
        else if (connection is not null)
        {
            ClientLog.DialNamed(_settings.Log, dial.Target, connection.End.ConnectionId);
            dial.Complete(connection.End);
        }
        else if (response.Error.Length > 0)
        {
            ClientLog.DialNamed(_settings.Log, dial.Target, PeerText.Bound(response.Connection));
            dial.Fail(Failure(dial, DialFailureReason.Endpoint, response.Error));
        }
        else
        {
            dial.Fail(Failure(dial, DialFailureReason.Unknown, $"the server answered with connect id {response.ConnectID}, which cannot be used"));
        }
    }

    private LanedConnection Open(LaneDial dial, DialResponse response)
    {
        var features = TunnelFeatureSet.Credit | (TunnelFeatureSet.HalfClose & TunnelFeatures.Parse(response.Features));
        var connection = new LanedConnection(dial.Target, _settings, response.Connection, laned => new TunnelConnection(
            _writer, response.ConnectID, TunnelRole.Dialer, features, _limits, _settings.Time, _settings.Metrics,
            _ => OnEnded(laned), _roundTrip));
        _connections[response.ConnectID] = connection;
        _settings.Metrics.ConnectionMoved(null, ConnectionStatus.Ok);
        return connection;
    }

    private void OnEnded(LanedConnection connection)
    {
        connection.OnEnded();
        if (_connections.TryRemove(KeyValuePair.Create(connection.Connection.ConnectId, connection)))
        {
            _settings.Metrics.ConnectionMoved(ConnectionStatus.Ok, null);
            ClientLog.ConnectionEnded(_settings.Log, connection.Target, connection.Connection.Reason?.ToTag() ?? "no_connection");
            LeaveIfEmpty();
        }
    }

    private TunnelConnectException Failure(LaneDial dial, DialFailureReason reason, string text) =>
        new(reason, $"dialing {dial.Target} through {_settings.Server} failed: {text}");
}
