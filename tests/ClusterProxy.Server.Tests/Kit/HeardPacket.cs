using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Server.Tests.Kit;

internal sealed record HeardPacket(PacketType Type, long ConnectId, byte[] Payload, Packet? Message)
{
    public CloseResponse CloseResponse => Message!.CloseResponse;

    public CloseRequest CloseRequest => Message!.CloseRequest;

    public DialResponse DialResponse => Message!.DialResponse;
}
