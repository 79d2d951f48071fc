namespace ClusterProxy.Server.Planes;

/// <summary>
/// Kestrel's log without its alarm about a full queue of HTTP/2 writes. Kestrel raises it, as critical, also for a stream that still wants
/// to write when its connection has just ended, such as one of an agent whose network is gone. A client that really fills that queue
/// costs itself its connection, which <see cref="BrokenConnections"/> tells with its address and by metric.
/// </summary>
/// <param name="others">Where all other lines go. Not disposed.</param>
internal sealed class KestrelLogging(ILoggerFactory others) : ILoggerFactory
{
    internal const string Http2 = "Microsoft.AspNetCore.Server.Kestrel.Http2";

    /// <summary>Http2QueueOperationsExceeded.</summary>
    internal const int QueueExceeded = 60;

    public ILogger CreateLogger(string categoryName) =>
        categoryName == Http2 ? new Http2Logger(others.CreateLogger(categoryName)) : others.CreateLogger(categoryName);

    public void AddProvider(ILoggerProvider provider) => others.AddProvider(provider);

    public void Dispose()
    {
    }

    private sealed class Http2Logger(ILogger logger) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => logger.BeginScope(state);

        public bool IsEnabled(LogLevel logLevel) => logger.IsEnabled(logLevel);

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (eventId.Id != QueueExceeded)
            {
                logger.Log(logLevel, eventId, state, exception, formatter);
            }
        }
    }
}
