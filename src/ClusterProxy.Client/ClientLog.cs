using Microsoft.Extensions.Logging;

namespace ClusterProxy.Client;

/// <summary>What the client logs; ids 1000 to 1999.</summary>
internal static partial class ClientLog
{
    [LoggerMessage(1000, LogLevel.Debug, "Dialed {Target}", EventName = "Dialed")]
    public static partial void Dialed(ILogger logger, TunnelTarget target);

    [LoggerMessage(1001, LogLevel.Debug, "Dial to {Target} failed, reason {Reason}: {Error}", EventName = "DialFailed")]
    public static partial void DialFailed(ILogger logger, TunnelTarget target, string reason, string error);

    [LoggerMessage(1002, LogLevel.Debug, "Connection to {Target} ended, reason {Reason}", EventName = "ConnectionEnded")]
    public static partial void ConnectionEnded(ILogger logger, TunnelTarget target, string reason);

    [LoggerMessage(1007, LogLevel.Debug, "The server calls the dial to {Target} {ConnectionId}", EventName = "DialNamed")]
    public static partial void DialNamed(ILogger logger, TunnelTarget target, string connectionId);

    [LoggerMessage(1003, LogLevel.Information, "Tunnel for {Target} broke: {Status}", EventName = "TunnelBroke")]
    public static partial void TunnelBroke(ILogger logger, TunnelTarget target, string status);

    [LoggerMessage(1004, LogLevel.Information, "Closing the connection to {Target} failed: {Error}", EventName = "CloseFailed")]
    public static partial void CloseFailed(ILogger logger, TunnelTarget target, string error);

    [LoggerMessage(1005, LogLevel.Debug, "Connected to the proxy server at {Address}", EventName = "ServerConnected")]
    public static partial void ServerConnected(ILogger logger, string address);

    [LoggerMessage(1008, LogLevel.Debug, "Opened a lane to the proxy server at {Address}", EventName = "LaneOpened")]
    public static partial void LaneOpened(ILogger logger, string address);

    [LoggerMessage(1009, LogLevel.Debug, "A lane to the proxy server at {Address} ended: {Reason}", EventName = "LaneEnded")]
    public static partial void LaneEnded(ILogger logger, string address, string reason);

    [LoggerMessage(1010, LogLevel.Information, "No lane to the proxy server at {Address}: {Error}", EventName = "LaneFailed")]
    public static partial void LaneFailed(ILogger logger, string address, string error);

    [LoggerMessage(1011, LogLevel.Information, "Dialing {Target} once more: {Error}", EventName = "DialRepeated")]
    public static partial void DialRepeated(ILogger logger, TunnelTarget target, string error);

    [LoggerMessage(
        1006, LogLevel.Warning, "{Files} cannot be used, what was read before stays in use: {Error}", EventName = "FilesRefused")]
    public static partial void FilesRefused(ILogger logger, string[] files, string error);

    [LoggerMessage(
        1012, LogLevel.Warning,
        "Reading {Files} takes longer than {Seconds} s, what was read before, if anything, stays in use; look at the disk, or give the path another one",
        EventName = "FilesHang")]
    public static partial void FilesHang(ILogger logger, string[] files, double seconds);
}
