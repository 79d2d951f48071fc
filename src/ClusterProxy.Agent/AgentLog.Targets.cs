using ClusterProxy.Agent.Targets;
using ClusterProxy.Protocol;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>Dials and connections.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(EventId = 3100, EventName = nameof(DialEnded), Level = LogLevel.Debug,
        Message = "Dial {ConnectionId} to {Target}: {Outcome} after {ElapsedMilliseconds:F1} ms, trace {TraceId} {Error}")]
    public static partial void DialEnded(
        ILogger logger, string connectionId, string target, TargetDialOutcome outcome, double elapsedMilliseconds, string traceId,
        string error);

    [LoggerMessage(EventId = 3101, EventName = nameof(TooManyDials), Level = LogLevel.Information,
        Message = "A dial was refused: {Pending} dials are pending on its tunnel already")]
    public static partial void TooManyDials(ILogger logger, int pending);

    [LoggerMessage(EventId = 3102, EventName = nameof(ConnectionClosed), Level = LogLevel.Debug,
        Message = "Connection {ConnectionId} closed: {Reason}")]
    public static partial void ConnectionClosed(ILogger logger, string connectionId, CloseReason reason);

    [LoggerMessage(EventId = 3103, EventName = nameof(UnknownConnection), Level = LogLevel.Trace,
        Message = "{Packet} for connection {ConnectionId}, which is not open")]
    public static partial void UnknownConnection(ILogger logger, string packet, long connectionId);

    [LoggerMessage(EventId = 3104, EventName = nameof(BuffersFull), Level = LogLevel.Warning,
        Message = "A dial was refused: connections hold {Capacity} bytes already. Raise --buffer-budget and the memory limit, or find who does not read")]
    public static partial void BuffersFull(ILogger logger, long capacity);

    [LoggerMessage(EventId = 3105, EventName = nameof(TooManyConnections), Level = LogLevel.Warning,
        Message = "A dial was refused: {Limit} connections are open. Raise --max-connections if the files and the memory for more are there, or find who keeps them open")]
    public static partial void TooManyConnections(ILogger logger, int limit);

    [LoggerMessage(EventId = 3106, EventName = nameof(DialFaulted), Level = LogLevel.Error,
        Message = "A dial to {Target} failed in a way that none should; this is a defect, or the system is out of threads or memory")]
    public static partial void DialFaulted(ILogger logger, string target, Exception exception);
}
