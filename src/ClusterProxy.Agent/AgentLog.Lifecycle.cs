using Microsoft.Extensions.Logging;

namespace ClusterProxy.Agent;

/// <summary>Start, drain and end of the process.</summary>
internal static partial class AgentLog
{
    [LoggerMessage(EventId = 3200, EventName = nameof(Started), Level = LogLevel.Information,
        Message = "Agent {AgentId} connects to {Servers}; health and metrics on port {HealthPort}, diagnostics on {Admin}")]
    public static partial void Started(ILogger logger, string agentId, string servers, int healthPort, string admin);

    [LoggerMessage(EventId = 3201, EventName = nameof(Draining), Level = LogLevel.Information,
        Message = "Draining: servers are asked for no new dials; {Active} connections may go on for {TimeoutSeconds:F0} s")]
    public static partial void Draining(ILogger logger, int active, double timeoutSeconds);

    [LoggerMessage(EventId = 3202, EventName = nameof(Drained), Level = LogLevel.Information,
        Message = "Drained; {Active} connections are left and will be closed")]
    public static partial void Drained(ILogger logger, int active);
}
