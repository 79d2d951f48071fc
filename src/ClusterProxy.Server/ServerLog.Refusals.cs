using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Server;

/// <summary>What peers that were let in do against the rules. Lines that they cause go through a cap.</summary>
internal static partial class ServerLog
{
    [LoggerMessage(
        2500, LogLevel.Information,
        "A packet of {Who} at {Peer} was refused: {Reason}, id {Id}. More of that kind on the same stream are counted, and told at its end",
        EventName = "PacketRefused")]
    public static partial void PacketRefused(this ILogger logger, string who, string peer, string reason, long id);

    [LoggerMessage(
        2501, LogLevel.Information, "{Count} packets of {Who} at {Peer} were refused on a stream that has ended: {Reason}",
        EventName = "PacketsRefused")]
    public static partial void PacketsRefused(this ILogger logger, string who, string peer, long count, string reason);

    [LoggerMessage(
        2502, LogLevel.Information, "The stream of {Who} at {Peer} was ended for what it sent or did not take: {Status}",
        EventName = "StreamBroken")]
    public static partial void StreamBroken(this ILogger logger, string who, string peer, GrpcStatus status);
}
