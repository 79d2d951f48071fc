using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Logging;

/// <summary>
/// For lines that peers cause. Of each event some a second are written, and with the next one how many were left out: nobody can fill a
/// disk so, nor hide what he does behind lines of another kind. Errors are of this program's own making and are all written.
/// </summary>
/// <param name="logger">Gets what is let through.</param>
/// <param name="time">Clock of the second.</param>
public sealed class CappedLogger(ILogger logger, TimeProvider time) : ILogger
{
    private readonly ConcurrentDictionary<int, LineRate> _rates = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => logger.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        if (logLevel < LogLevel.Error)
        {
            if (!_rates.GetOrAdd(eventId.Id, static (_, clock) => new LineRate(clock), time).TryTake(out var leftOut))
            {
                return;
            }

            if (leftOut > 0)
            {
                HostingLog.LinesLeftOut(logger, leftOut, eventId.Name ?? "", LineRate.PerSecond);
            }
        }

        logger.Log(logLevel, eventId, state, exception, formatter);
    }
}
