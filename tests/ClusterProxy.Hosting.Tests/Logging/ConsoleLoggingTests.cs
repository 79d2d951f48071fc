using ClusterProxy.Hosting.Logging;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace ClusterProxy.Hosting.Tests.Logging;

public sealed class ConsoleLoggingTests
{
    [Theory]
    [InlineData(-1, LogLevel.Warning)]
    [InlineData(0, LogLevel.Information)]
    [InlineData(4, LogLevel.Information)]
    [InlineData(5, LogLevel.Debug)]
    [InlineData(6, LogLevel.Trace)]
    [InlineData(10, LogLevel.Trace)]
    public void AddStandardError_Verbosity_OpensItsLevelAndNoLower(int verbosity, LogLevel least)
    {
        using var services = Build(verbosity);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("ClusterProxy.Test");
        Assert.True(logger.IsEnabled(least));
        Assert.Equal(least == LogLevel.Trace, logger.IsEnabled(least - (least == LogLevel.Trace ? 0 : 1)));
    }

    [Fact]
    public void AddStandardError_FrameworkCategories_AreQuietBelowWarning()
    {
        using var services = Build(6);
        var logger = services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Server.Kestrel");
        Assert.True(logger.IsEnabled(LogLevel.Warning));
        Assert.False(logger.IsEnabled(LogLevel.Information));
    }

    [Fact]
    public void AddStandardError_Console_GoesToStandardErrorAndNeverBlocks()
    {
        using var services = Build(4);
        var console = services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value;
        Assert.Equal(LogLevel.Trace, console.LogToStandardErrorThreshold);
        Assert.Equal(ConsoleLoggerQueueFullMode.DropWrite, console.QueueFullMode);
        var line = services.GetRequiredService<IOptions<SimpleConsoleFormatterOptions>>().Value;
        Assert.True(line.SingleLine && line.UseUtcTimestamp);
    }

    private static ServiceProvider Build(int verbosity)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddStandardError(verbosity));
        return services.BuildServiceProvider();
    }
}
