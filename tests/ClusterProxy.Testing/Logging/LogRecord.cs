using Microsoft.Extensions.Logging;

namespace ClusterProxy.Testing.Logging;

/// <summary>One captured log message with its named values.</summary>
public sealed record LogRecord(
    LogLevel Level,
    string Category,
    EventId Event,
    string Message,
    IReadOnlyDictionary<string, object?> Values,
    Exception? Exception)
{
    public string EventName => Event.Name ?? "";

    public override string ToString() => $"{Level} {Category}[{Event.Id} {Event.Name}] {Message}{(Exception is null ? "" : $" {Exception}")}";
}
