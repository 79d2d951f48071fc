using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.Logging;

/// <summary>
/// Fails the test, on dispose or <see cref="Verify"/>, for every record of level Error or above whose EventName was not
/// allowed. An error that nobody expected is a bug even when the test's own assertions hold.
/// </summary>
public sealed class FailOnErrorLog(params string[] allowedEventNames) : IDisposable
{
    private readonly HashSet<string> _allowed = new(allowedEventNames, StringComparer.Ordinal);

    /// <summary>Give this to the hosts under test.</summary>
    public CapturedLog Log { get; } = new();

    public IReadOnlyList<LogRecord> Records => Log.Records;

    public ILoggerFactory CreateFactory() => Log.CreateFactory();

    public FailOnErrorLog Allow(string eventName)
    {
        _allowed.Add(eventName);
        return this;
    }

    public void Verify()
    {
        var unexpected = Log.Records.Where(r => r.Level >= LogLevel.Error && !_allowed.Contains(r.EventName)).ToList();
        if (unexpected.Count > 0)
        {
            throw new InvalidOperationException(
                $"{unexpected.Count} unexpected error(s) were logged:{Environment.NewLine}{string.Join(Environment.NewLine, unexpected)}");
        }
    }

    public void Dispose() => Verify();
}
