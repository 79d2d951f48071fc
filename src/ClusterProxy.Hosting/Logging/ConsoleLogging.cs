using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace ClusterProxy.Hosting.Logging;

public static class ConsoleLogging
{
    /// <summary>
    /// Logs to standard error, a line a message, with UTC times, at the level that <c>--v</c> asks for.
    /// </summary>
    public static ILoggingBuilder AddStandardError(this ILoggingBuilder logging, int verbosity)
    {
        logging.SetMinimumLevel(LevelOf(verbosity));

        // The framework's own request and transport chatter says nothing about tunnels.
        logging.AddFilter("Microsoft", level => level >= LogLevel.Warning && level >= LevelOf(verbosity));

        // The lines say no scopes, and one for each connection and request would be kept as long as that lives.
        logging.Services.Configure<LoggerFilterOptions>(static filter => filter.CaptureScopes = false);

        // A start that fails is told in one sentence by whoever started; the host would add the stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        logging.AddSimpleConsole(line =>
        {
            line.SingleLine = true;
            line.UseUtcTimestamp = true;
            line.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
            line.ColorBehavior = LoggerColorBehavior.Disabled;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(console =>
        {
            console.LogToStandardErrorThreshold = LogLevel.Trace;

            // Whoever reads standard error may stall; that must cost log lines, never the tunnels that write them.
            console.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
        return logging;
    }

    /// <summary>
    /// Upstream's programs run at 4 and say each dial there, so 0 to 4 are Information, 5 is Debug, and each packet (6 and
    /// above) is Trace; a negative number leaves warnings and errors.
    /// </summary>
    public static LogLevel LevelOf(int verbosity) => verbosity switch
    {
        < 0 => LogLevel.Warning,
        <= 4 => LogLevel.Information,
        5 => LogLevel.Debug,
        _ => LogLevel.Trace,
    };
}
