using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Protocol.Tunnels;

namespace ClusterProxy.Agent.Servers;

/// <summary>What each packet from a server does. Only the tunnel's read loop calls it.</summary>
internal sealed class PacketDispatch(TunnelWriter writer, TunnelTargets targets, TunnelDials dials, TunnelFeatureSet features,
    TunnelRoundTrip? roundTrip, Action<TimeSpan>? onDrain, Action<ServerSet>? onServers, AgentContext context)
{
    /// <summary>Milliseconds: a day.</summary>
    private const long LongestDrain = 24 * 60 * 60 * 1000;

    private long _dialsSeen;

    /// <summary>Dials ever asked for.</summary>
    public long DialsSeen => Volatile.Read(ref _dialsSeen);

    /// <summary>Completes at once, except when a target's buffer is full: then within the stall limit.</summary>
    public ValueTask HandleAsync(in ReceivedPacket packet)
    {
        context.Metrics.PacketReceived(packet.Type, packet.Payload.Length);
        switch (packet.Type)
        {
            case PacketType.Data:
                if (targets.Find(packet.ConnectId) is { } receiver)
                {
                    return receiver.Tunnel.ReceiveAsync(packet.Payload);
                }

                RefuseUnknown("DATA", packet.ConnectId, "unrecognized connectID");
                break;
            case PacketType.DialReq:
                Volatile.Write(ref _dialsSeen, _dialsSeen + 1);
                dials.Start(packet.Message?.DialRequest ?? new DialRequest(), context.ConnectIds.Next());
                break;
            case PacketType.DialCls:
                dials.Cancel(packet.Message?.CloseDial?.Random ?? 0);
                break;
            case PacketType.CloseReq:
                var closing = packet.Message?.CloseRequest?.ConnectID ?? 0;
                if (targets.Find(closing) is { } connection)
                {
                    if (packet.Message?.CloseRequest is { Cut: true } && features.HasFlag(TunnelFeatureSet.HalfClose))
                    {
                        connection.Cut();
                    }
                    else
                    {
                        connection.RequestClose();
                    }

                    break;
                }

                RefuseUnknown("CLOSE_REQ", closing, "Unknown connectID");
                break;
            case PacketType.HalfClose when features.HasFlag(TunnelFeatureSet.HalfClose):
                // For an id that is gone CLOSE_RSP is on its way already.
                targets.Find(packet.Message?.CloseRequest?.ConnectID ?? 0)?.EndInput();
                break;
            case PacketType.Credit when features.HasFlag(TunnelFeatureSet.Credit):
                var credit = packet.Message?.Credit ?? new Credit();
                targets.Find(credit.ConnectID)?.Tunnel.ReceiveCredit(credit.Bytes);
                break;
            case PacketType.Drain when onDrain is not null && features.HasFlag(TunnelFeatureSet.Drain):
                onDrain(TimeSpan.FromMilliseconds(Math.Clamp(packet.Message?.Drain?.Within ?? 0, 0, LongestDrain)));
                break;
            case PacketType.Servers when onServers is not null && features.HasFlag(TunnelFeatureSet.Servers):
                onServers(ServerSet.From(packet.Message?.Servers ?? new ServerList()));
                break;
            case PacketType.Ping when roundTrip is not null:
                roundTrip.Receive(packet.Message?.Ping ?? new Ping());
                break;
            default:
                AgentLog.PacketIgnored(context.Logger, (int)packet.Type);
                break;
        }

        return ValueTask.CompletedTask;
    }

    private void RefuseUnknown(string packet, long connectId, string error)
    {
        AgentLog.UnknownConnection(context.Logger, packet, connectId);
        writer.TrySend(PacketFactory.CloseResponse(connectId, error));
    }
}
