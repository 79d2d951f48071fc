using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7600,
        EventName = nameof(LinesLeftOut),
        Level = LogLevel.Warning,
        Message = "{Count} lines {Name} were left out before the next one: peers caused more than {Rate} a second. The metrics count all")]
    public static partial void LinesLeftOut(ILogger logger, long count, string name, int rate);
}
