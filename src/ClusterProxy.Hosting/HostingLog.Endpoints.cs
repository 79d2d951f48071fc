using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7300,
        EventName = nameof(PortMissing),
        Level = LogLevel.Warning,
        Message = "{Problem}. It is for diagnostics only, so this process goes on without it")]
    public static partial void PortMissing(ILogger logger, string problem);
}
