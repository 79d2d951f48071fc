using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Client.Tests.Scripted;

/// <summary>A packet as the client sent it, copied out of the receive buffer.</summary>
internal sealed record ScriptedPacket(PacketType Type, long ConnectId, byte[] Payload, Packet? Message);
