using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.Logging;

/// <summary>A logger provider that keeps what is logged, and lets a test wait for a message.</summary>
public sealed class CapturedLog : ILoggerProvider
{
    private readonly ObservedList<LogRecord> _records = new();

    public IReadOnlyList<LogRecord> Records => _records.Items;

    public ILogger CreateLogger(string categoryName) => new CapturingLogger(this, categoryName);

    /// <summary>A factory that writes every level here and nowhere else.</summary>
    public ILoggerFactory CreateFactory() =>
        LoggerFactory.Create(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this));

    /// <summary>The first record of that name, past or to come; await it through DefaultTimeout.</summary>
    public Task<LogRecord> WaitForAsync(string eventName) => WaitForAsync(r => r.EventName == eventName);

    public Task<LogRecord> WaitForAsync(Func<LogRecord, bool> matches) => _records.WaitForAsync(matches);

    public void Dispose()
    {
        // The records outlive the host that wrote them.
    }

    private sealed class CapturingLogger(CapturedLog log, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            var values = new Dictionary<string, object?>(StringComparer.Ordinal);
            foreach (var (name, value) in state as IReadOnlyList<KeyValuePair<string, object?>> ?? [])
            {
                values[name] = value;
            }

            log._records.Add(new LogRecord(logLevel, category, eventId, formatter(state, exception), values, exception));
        }
    }
}
