using ClusterProxy.Protocol.Grpc;
using ClusterProxy.Server.Policy;

namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(
        2100, LogLevel.Debug,
        "Connection {ConnectionId} ({Frontend}) from {Peer} to {Target} opened after {Elapsed}; the frontend calls it {FrontendId}, "
        + "trace {TraceId}",
        EventName = "ConnectionOpened")]
    public static partial void ConnectionOpened(
        this ILogger logger, string frontend, long frontendId, string connectionId, string traceId, string target, string peer,
        TimeSpan elapsed);

    [LoggerMessage(
        2101, LogLevel.Debug, "Connection {ConnectionId} ({Frontend}) to {Target} closed after {Elapsed}: {Reason}",
        EventName = "ConnectionClosed")]
    public static partial void ConnectionClosed(
        this ILogger logger, string frontend, string connectionId, string target, string reason, TimeSpan elapsed);

    [LoggerMessage(
        2102, LogLevel.Information, "Dial {ConnectionId} ({Frontend}) from {Peer} to {Target} failed: {Reason}: {Detail}",
        EventName = "DialFailed")]
    public static partial void DialFailed(
        this ILogger logger, string frontend, string connectionId, string target, string peer, string reason, string detail);

    [LoggerMessage(2103, LogLevel.Information, "CONNECT request from {Peer} refused with {Status}: {Reason}", EventName = "ConnectRefused")]
    public static partial void ConnectRefused(this ILogger logger, string peer, int status, string reason);

    [LoggerMessage(2110, LogLevel.Information, "Call from {Peer} refused with {Status}: {Reason}", EventName = "CallRefused")]
    public static partial void CallRefused(this ILogger logger, string peer, string status, string reason);

    [LoggerMessage(
        2105, LogLevel.Warning, "Dial of {Target} by {Subject} from {Peer} denied: no rule of --frontend-policy allows it",
        EventName = "DialDenied")]
    public static partial void DialDenied(this ILogger logger, string peer, FrontendSubject? subject, string target);

    [LoggerMessage(2106, LogLevel.Debug, "Frontend opened a lane from {Peer}", EventName = "FrontendLaneOpened")]
    public static partial void FrontendLaneOpened(this ILogger logger, string peer);

    [LoggerMessage(2107, LogLevel.Debug, "Lane of a frontend from {Peer} ended: {Status}", EventName = "FrontendLaneClosed")]
    public static partial void FrontendLaneClosed(this ILogger logger, string peer, GrpcStatus status);

    [LoggerMessage(2108, LogLevel.Information, "Lane of {Subject} from {Peer} refused: {Reason}", EventName = "FrontendLaneRefused")]
    public static partial void FrontendLaneRefused(this ILogger logger, FrontendSubject subject, string peer, string reason);

    [LoggerMessage(
        2109, LogLevel.Information,
        "The certificate of the frontend at {Peer} ended at {End:u}: it is asked to connect again, and its connections go on",
        EventName = "FrontendCertificateEnded")]
    public static partial void FrontendCertificateEnded(this ILogger logger, string peer, DateTimeOffset end);

    [LoggerMessage(2104, LogLevel.Debug, "CONNECT client {Peer} left: {Reason}", EventName = "ConnectClientLost")]
    public static partial void ConnectClientLost(this ILogger logger, string peer, string reason);
}
