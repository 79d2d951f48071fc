using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(2700, LogLevel.Information, "Server {Peer} at {Address} can be reached: dials for its agents go there", EventName = "PeerConnected")]
    public static partial void PeerConnected(this ILogger logger, string peer, string address);

    [LoggerMessage(
        2701, LogLevel.Information, "Server {Peer} at {Address} can no longer be reached, nor its agents through it: {Status}",
        EventName = "PeerDisconnected")]
    public static partial void PeerDisconnected(this ILogger logger, string peer, string address, GrpcStatus status);

    [LoggerMessage(
        2702, LogLevel.Warning, "Server {Address} cannot be reached, and is tried again: {Reason}", EventName = "PeerUnreachable")]
    public static partial void PeerUnreachable(this ILogger logger, string address, string reason);

    [LoggerMessage(2703, LogLevel.Error, "The link to the server at {Address} failed", EventName = "PeerLinkFaulted")]
    public static partial void PeerLinkFaulted(this ILogger logger, Exception exception, string address);

    [LoggerMessage(
        2704, LogLevel.Information, "No agent of server {Peer} answered the dial of {Target}: {Reason}; trying another way",
        EventName = "ForwardRetried")]
    public static partial void ForwardRetried(this ILogger logger, string target, string peer, string reason);

    [LoggerMessage(2705, LogLevel.Information, "Other servers are served on port {Port}", EventName = "PeersServed")]
    public static partial void PeersServed(this ILogger logger, int port);

    [LoggerMessage(
        2706, LogLevel.Warning,
        "Agents keep tunnels to {FanOut} servers only, because of --fan-out, and this server forwards to no others: name them with --peers, "
        + "--peers-dns or --peers-leases, or dials that come here for other agents fail",
        EventName = "PeersMissing")]
    public static partial void PeersMissing(this ILogger logger, int fanOut);

    [LoggerMessage(
        2708, LogLevel.Information,
        "The lane to server {Peer} was opened anew, since its certificate ends at {End:u}; {Connections} connections end on the old one",
        EventName = "PeerLaneRenewed")]
    public static partial void PeerLaneRenewed(this ILogger logger, string peer, DateTimeOffset end, int connections);

    [LoggerMessage(
        2709, LogLevel.Information,
        "The certificate of the server at {Peer} ended at {End:u}: it is asked to open another lane, and what runs on this one goes on",
        EventName = "PeerCertificateEnded")]
    public static partial void PeerCertificateEnded(this ILogger logger, string peer, DateTimeOffset end);

    [LoggerMessage(2707, LogLevel.Warning, "Server \"{Peer}\" from {Address} refused: {Reason}", EventName = "PeerRefused")]
    public static partial void PeerRefused(this ILogger logger, string peer, string address, string reason);
}
