using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Server.Frontend;

/// <summary>What each packet of a frontend means in each state.</summary>
internal sealed partial class FrontendTunnel
{
    private const string NotInitialized = "backend not initialized";
    private const string Uninitialized = "backend uninitialized";
    private const string Mismatched = "mismatched connection IDs";
    private const string UnknownId = "Unknown connectID";

    private async ValueTask OnDataAsync(ReceivedPacket packet)
    {
        var (state, connection) = Current();
        switch (state)
        {
            case FrontendState.Open when packet.ConnectId == connection!.Id:
                await connection.Owner.WriteAsync(packet.Payload);
                break;
            case FrontendState.Open when packet.ConnectId == 0:
                _observer.Refuse(PacketRefusal.UnknownConnection, 0);
                break;
            case FrontendState.Open:
                _observer.Refuse(PacketRefusal.UnknownConnection, packet.ConnectId);
                Reply(PacketFactory.CloseResponse(packet.ConnectId, Mismatched));
                Reply(PacketFactory.CloseResponse(connection.Id, Mismatched));
                Discard(CloseReason.ProtocolError);
                break;
            case FrontendState.Idle or FrontendState.Dialing:
                _observer.Refuse(PacketRefusal.BeforeConnection, packet.ConnectId);
                Reply(PacketFactory.CloseResponse(packet.ConnectId, NotInitialized));
                CancelDial(null);
                Discard(CloseReason.ProtocolError);
                break;
        }
    }

    private void OnControl(Packet packet)
    {
        switch (packet.Type)
        {
            case PacketType.DialReq:
                OnDialRequest(packet.DialRequest ?? new DialRequest());
                break;
            case PacketType.DialCls:
                CancelDial(packet.CloseDial?.Random ?? 0);
                break;
            case PacketType.CloseReq:
                OnCloseRequest(packet.CloseRequest ?? new CloseRequest());
                break;
            case PacketType.HalfClose when Current() is (FrontendState.Open, { } connection) &&
                packet.CloseRequest?.ConnectID == connection.Id:
                connection.Owner.EndOutput();
                break;
            case PacketType.HalfClose:
                RefuseOf(packet.CloseRequest?.ConnectID ?? 0);
                break;
            default:
                _observer.Refuse(PacketRefusal.Meaningless, 0);
                break;
        }
    }

    private void OnCloseRequest(CloseRequest request)
    {
        var connectId = request.ConnectID;
        var (state, connection) = Current();
        switch (state)
        {
            case FrontendState.Open when connectId == connection!.Id && !connection.HasEnded:
                lock (_gate)
                {
                    _state = FrontendState.Closing;
                }

                if (request.Cut && _canHalfClose)
                {
                    connection.Owner.Abort(CloseReason.FrontendLost);
                    break;
                }

                // CLOSE_RSP goes out behind the last byte that the agent still sends, or has sent.
                connection.Owner.Close(CloseReason.FrontendClosed);
                break;
            case FrontendState.Open:
                RefuseOf(connectId);
                Reply(PacketFactory.CloseResponse(connectId, UnknownId));
                break;
            case FrontendState.Idle or FrontendState.Dialing:
                _observer.Refuse(PacketRefusal.BeforeConnection, connectId);
                Reply(PacketFactory.CloseResponse(connectId, Uninitialized));
                break;
        }
    }

    /// <summary>Stops serving the stream. Ending it is left to the frontend, as upstream does.</summary>
    private void Discard(CloseReason reason)
    {
        lock (_gate)
        {
            _state = FrontendState.Discarding;
        }

        Abort(reason);
    }

    /// <summary>The stream's own connection has ended, or it is another's.</summary>
    private void RefuseOf(long connectId) => _observer.Refuse(
        Current().Connection?.Id == connectId ? PacketRefusal.Late : PacketRefusal.UnknownConnection, connectId);

    private void Reply(Packet packet) => _writer.TrySend(packet);

    private (FrontendState State, FrontendConnection? Connection) Current()
    {
        lock (_gate)
        {
            return (_state, _connection);
        }
    }
}
