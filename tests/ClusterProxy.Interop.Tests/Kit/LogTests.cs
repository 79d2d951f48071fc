using Microsoft.Extensions.Logging;

namespace ClusterProxy.Interop.Tests.Kit;

public sealed class LogTests
{
    [Fact]
    public async Task FailOnErrorLog_UnexpectedError_FailsVerify()
    {
        var log = new FailOnErrorLog();
        using var factory = log.CreateFactory();

        factory.CreateLogger("c").Log(LogLevel.Error, new EventId(1, "Broke"), "it broke at {Place}", "home");

        var record = await log.Log.WaitForAsync("Broke").DefaultTimeout();
        Assert.Equal("home", record.Values["Place"]);
        Assert.Contains("it broke at home", Assert.Throws<InvalidOperationException>(log.Verify).Message, StringComparison.Ordinal);
        log.Allow("Broke").Verify();
    }

    [Fact]
    public void FailOnErrorLog_Warning_Passes()
    {
        using var log = new FailOnErrorLog();
        using var factory = log.CreateFactory();

        factory.CreateLogger("c").Log(LogLevel.Warning, new EventId(2, "Odd"), "odd");

        Assert.Single(log.Records);
    }
}
