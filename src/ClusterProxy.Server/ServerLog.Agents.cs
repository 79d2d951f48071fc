using ClusterProxy.Protocol.Grpc;

namespace ClusterProxy.Server;

internal static partial class ServerLog
{
    [LoggerMessage(2000, LogLevel.Information, "Agent {AgentId} connected from {Peer}", EventName = "AgentConnected")]
    public static partial void AgentConnected(this ILogger logger, string agentId, string peer);

    [LoggerMessage(
        2001, LogLevel.Information, "Agent {AgentId} at {Peer} disconnected after {Elapsed}: {Status}", EventName = "AgentDisconnected")]
    public static partial void AgentDisconnected(this ILogger logger, string agentId, string peer, GrpcStatus status, TimeSpan elapsed);

    [LoggerMessage(2002, LogLevel.Information, "Agent at {Peer} with {Subject} refused: {Reason}", EventName = "AgentRefused")]
    public static partial void AgentRefused(this ILogger logger, string peer, string subject, string reason);

    [LoggerMessage(
        2003, LogLevel.Information, "Agent {AgentId} at {Peer} drains with {Connections} connections open", EventName = "AgentDraining")]
    public static partial void AgentDraining(this ILogger logger, string agentId, string peer, int connections);

    [LoggerMessage(
        2004, LogLevel.Warning, "Agent {AgentId} at {Peer} has taken or answered nothing for {Silence}: its tunnel, or a lane of it, is ended", EventName = "TunnelRetired")]
    public static partial void TunnelRetired(this ILogger logger, string agentId, string peer, TimeSpan silence);

    [LoggerMessage(
        2006, LogLevel.Information, "Agent {AgentId} answered a dial with connect id {ConnectId}, which is none or in use",
        EventName = "ConnectIdUnusable")]
    public static partial void ConnectIdUnusable(this ILogger logger, string agentId, long connectId);

    [LoggerMessage(2011, LogLevel.Warning, "Agent {AgentId} at {Peer} with {Subject} refused: {Reason}", EventName = "AgentIdentityRefused")]
    public static partial void AgentIdentityRefused(this ILogger logger, string agentId, string peer, string subject, string reason);

    [LoggerMessage(
        2012, LogLevel.Warning,
        "Refused {Count} TLS handshakes on the agent port, because more than {Rate} a second came for longer than {Wait}: agents come back by "
        + "themselves. If there are processors to spare, raise --agent-handshake-rate", EventName = "HandshakesRefused")]
    public static partial void HandshakesRefused(this ILogger logger, int count, int rate, TimeSpan wait);

    [LoggerMessage(
        2007, LogLevel.Warning,
        "The certificate with which agent {AgentId} at {Peer} connected ended at {End:u}: its connections go on, and new dials go to "
        + "other tunnels if there are any", EventName = "AgentCertificateEnded")]
    public static partial void AgentCertificateEnded(this ILogger logger, string agentId, string peer, DateTimeOffset end);

    [LoggerMessage(2008, LogLevel.Debug, "Agent {AgentId} opened a lane from {Peer}", EventName = "LaneOpened")]
    public static partial void LaneOpened(this ILogger logger, string agentId, string peer);

    [LoggerMessage(2009, LogLevel.Debug, "Lane of agent {AgentId} from {Peer} ended: {Status}", EventName = "LaneClosed")]
    public static partial void LaneClosed(this ILogger logger, string agentId, string peer, GrpcStatus status);

    [LoggerMessage(2010, LogLevel.Information, "Lane from {Peer} with {Subject} refused: {Reason}", EventName = "LaneRefused")]
    public static partial void LaneRefused(this ILogger logger, string peer, string subject, string reason);
}
