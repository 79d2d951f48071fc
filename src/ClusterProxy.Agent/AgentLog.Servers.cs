using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>Tunnels to servers.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(EventId = 3000, EventName = nameof(TunnelOpened), Level = LogLevel.Information,
        Message = "Tunnel to server {ServerId} at {Address} is open; {Open} of {Wanted} tunnels")]
    public static partial void TunnelOpened(ILogger logger, string serverId, string address, int open, int wanted);

    [LoggerMessage(EventId = 3001, EventName = nameof(TunnelEnded), Level = LogLevel.Information,
        Message = "Tunnel to server {ServerId} at {Address} ended: {Reason}")]
    public static partial void TunnelEnded(ILogger logger, string serverId, string address, string reason);

    [LoggerMessage(EventId = 3002, EventName = nameof(ConnectFailed), Level = LogLevel.Warning,
        Message = "No tunnel: {Step} failed: {Error}; next attempt in {DelaySeconds:F1} s")]
    public static partial void ConnectFailed(ILogger logger, string step, string error, double delaySeconds);

    [LoggerMessage(EventId = 3003, EventName = nameof(DuplicateServer), Level = LogLevel.Debug,
        Message = "Address {Address} led to server {ServerId} again; {Open} of {Wanted} tunnels")]
    public static partial void DuplicateServer(ILogger logger, string serverId, string address, int open, int wanted);

    [LoggerMessage(EventId = 3004, EventName = nameof(ServerLoopFailed), Level = LogLevel.Error,
        Message = "The loop that keeps tunnels to the servers failed; this is a defect")]
    public static partial void ServerLoopFailed(ILogger logger, Exception exception);

    [LoggerMessage(EventId = 3014, EventName = nameof(ConnectFaulted), Level = LogLevel.Error,
        Message = "An attempt to connect to server {Server} failed in a way that none should; this is a defect; next attempt in {DelaySeconds:F1} s")]
    public static partial void ConnectFaulted(ILogger logger, string server, double delaySeconds, Exception exception);

    [LoggerMessage(EventId = 3005, EventName = nameof(TunnelFailed), Level = LogLevel.Error,
        Message = "The tunnel to server {ServerId} failed in a way that is no fault of the connection; this is a defect")]
    public static partial void TunnelFailed(ILogger logger, string serverId, Exception exception);

    [LoggerMessage(EventId = 3006, EventName = nameof(PacketIgnored), Level = LogLevel.Trace,
        Message = "A packet of type {PacketType} is not for agents and was skipped")]
    public static partial void PacketIgnored(ILogger logger, int packetType);

    [LoggerMessage(EventId = 3007, EventName = nameof(TunnelRenewed), Level = LogLevel.Information,
        Message = "A tunnel with a newer certificate or token replaces the one to server {ServerId}, opened with one that ends at {End:u}; "
            + "its {Active} connections go on")]
    public static partial void TunnelRenewed(ILogger logger, string serverId, DateTimeOffset end, int active);

    [LoggerMessage(EventId = 3016, EventName = nameof(RenewalDelayed), Level = LogLevel.Warning,
        Message = "A tunnel is to be opened anew before what opened it ends, and whether there is a newer token is not known: {Problem}")]
    public static partial void RenewalDelayed(ILogger logger, string problem);

    [LoggerMessage(EventId = 3013, EventName = nameof(TunnelDismissed), Level = LogLevel.Information,
        Message = "Server {ServerId} at {Address} is not among the servers to keep tunnels to any more: its {Active} connections go on, "
            + "and its tunnel ends when they have")]
    public static partial void TunnelDismissed(ILogger logger, string serverId, string address, int active);

    [LoggerMessage(EventId = 3008, EventName = nameof(LaneOpened), Level = LogLevel.Debug,
        Message = "Lane to server {ServerId} at {Address} is open")]
    public static partial void LaneOpened(ILogger logger, string serverId, string address);

    [LoggerMessage(EventId = 3009, EventName = nameof(LaneEnded), Level = LogLevel.Debug,
        Message = "Lane to server {ServerId} ended: {Reason}")]
    public static partial void LaneEnded(ILogger logger, string serverId, string reason);

    [LoggerMessage(EventId = 3011, EventName = nameof(ServersSilent), Level = LogLevel.Information,
        Message = "{Silent} of {Tunnels} tunnels bring no answer any more; looking for other ways, and ending them if they stay dead")]
    public static partial void ServersSilent(ILogger logger, int silent, int tunnels);

    [LoggerMessage(EventId = 3012, EventName = nameof(ServerLeaves), Level = LogLevel.Information,
        Message = "Server {ServerId} is about to leave and gives its agents {WithinSeconds:F1} s; another is looked for in {DelaySeconds:F1} s")]
    public static partial void ServerLeaves(ILogger logger, string serverId, double withinSeconds, double delaySeconds);

    [LoggerMessage(EventId = 3010, EventName = nameof(LaneFailed), Level = LogLevel.Information,
        Message = "No lane to server {ServerId}, the tunnel itself carries its connections: {Error}")]
    public static partial void LaneFailed(ILogger logger, string serverId, string error);

    [LoggerMessage(EventId = 3015, EventName = nameof(LaneFaulted), Level = LogLevel.Error,
        Message = "A lane to server {ServerId} failed in a way that is no fault of the connection; this is a defect; another one is opened")]
    public static partial void LaneFaulted(ILogger logger, string serverId, Exception exception);
}
