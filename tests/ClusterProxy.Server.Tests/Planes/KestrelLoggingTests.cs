using ClusterProxy.Server.Planes;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Server.Tests.Planes;

public sealed class KestrelLoggingTests
{
    [Theory]
    [InlineData(KestrelLogging.Http2, 60, false)]
    [InlineData(KestrelLogging.Http2, 61, true)]
    [InlineData("Microsoft.AspNetCore.Server.Kestrel", 60, true)]
    public void Line_OfAFullQueueOfWrites_IsLeftOut_AllOthersAreNot(string category, int id, bool isWritten)
    {
        var written = new CapturedLog();
        using var all = written.CreateFactory();
        using var kestrel = new KestrelLogging(all);

        kestrel.CreateLogger(category).Log(LogLevel.Critical, new EventId(id), "a line", null, static (line, _) => line);

        Assert.Equal(isWritten ? 1 : 0, written.Records.Count);
    }
}
