using ClusterProxy.Hosting.Logging;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Tests.Logging;

public sealed class CappedLoggerTests
{
    private static readonly EventId Refused = new(1, "Refused");
    private static readonly EventId Broken = new(2, "Broken");

    private readonly ManualTime _time = new();
    private readonly RecordingLogger _written = new();
    private readonly CappedLogger _logger;

    public CappedLoggerTests() => _logger = new CappedLogger(_written, _time);

    [Fact]
    public void Lines_PastTheirNumberInASecond_AreLeftOut_AndCountedWithTheNext()
    {
        Log(Refused, LineRate.PerSecond + 3);
        Assert.Equal(LineRate.PerSecond, _written.Entries.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        Log(Refused, 2);

        var added = _written.Entries.Skip(LineRate.PerSecond).ToList();
        Assert.Equal(["LinesLeftOut", "Refused", "Refused"], added.Select(static e => e.Id.Name));
        Assert.Equal(LogLevel.Warning, added[0].Level);
        Assert.StartsWith("3 lines Refused were left out", added[0].Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Lines_OfOneKind_LeaveThoseOfAnotherAlone()
    {
        Log(Refused, 1000);
        Log(Broken, 1);

        Assert.Single(_written.Entries, static e => e.Id == Broken);
        Assert.Equal(LineRate.PerSecond + 1, _written.Entries.Count);
    }

    [Fact]
    public void Errors_AreAllWritten()
    {
        Log(Refused, 1000, LogLevel.Error);

        Assert.Equal(1000, _written.Entries.Count);
    }

    private void Log(EventId id, int times, LogLevel level = LogLevel.Information)
    {
        for (var i = 0; i < times; i++)
        {
            _logger.Log(level, id, "text", exception: null, static (text, _) => text);
        }
    }
}
