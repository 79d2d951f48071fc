using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting;

internal static partial class HostingLog
{
    [LoggerMessage(
        EventId = 7500,
        EventName = nameof(MemoryCompacted),
        Level = LogLevel.Debug,
        Message = "Quiet after work: memory compacted from {Before} to {After} MiB resident, in {Milliseconds:F1} ms")]
    public static partial void MemoryCompacted(ILogger logger, long before, long after, double milliseconds);
}
