using System.Buffers;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Protocol.Packets;

/// <summary>
/// One packet as it came. DATA is a view of the receive buffer and valid until the next read; every other kind is a
/// message of its own.
/// </summary>
/// <param name="Type">May be a number this build does not know: extensions are skipped, not refused.</param>
/// <param name="ConnectId">Of DATA; 0 otherwise.</param>
/// <param name="Payload">Of DATA; empty otherwise.</param>
/// <param name="Message">All but DATA; null for DATA.</param>
internal readonly record struct ReceivedPacket(PacketType Type, long ConnectId, ReadOnlySequence<byte> Payload, Packet? Message);
