using ClusterProxy.Server.Planes;

namespace ClusterProxy.Server.Tests.Planes;

public sealed class CertificateEndTimerTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(180)]
    public async Task End_HoweverFar_IsToldOnceWhenItHasCome(int days)
    {
        var time = new ManualTime();
        var told = 0;
        await using var timer = new CertificateEndTimer(time.GetUtcNow().AddDays(days), time, () => told++);
        for (var day = 0; day < days; day++)
        {
            Assert.Equal(0, told);
            time.Advance(TimeSpan.FromDays(1));
        }

        Assert.Equal(1, told);
        time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(1, told);
    }
}
