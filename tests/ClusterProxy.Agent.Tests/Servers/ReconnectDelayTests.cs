using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class ReconnectDelayTests
{
    [Fact]
    public void Next_RepeatedFailures_GrowByHalfUpToTheCap()
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), static () => 0);

        var pauses = Enumerable.Range(0, 5).Select(_ => delay.Next().TotalSeconds);

        Assert.Equal([1, 1.5, 2.25, 3, 3], pauses);
    }

    [Fact]
    public void Reset_AfterFailures_StartsOver()
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), static () => 0);
        delay.Next();
        delay.Next();

        delay.Reset();

        Assert.Equal(1, delay.Next().TotalSeconds);
    }

    [Fact]
    public void Pauses_Jitter_IsATenthOnTop()
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), static () => 1);

        Assert.Equal(1.1, delay.Next().TotalSeconds, 6);
        Assert.Equal(1.1, delay.Base().TotalSeconds, 6);
        Assert.Equal(0.5, delay.Spread().TotalSeconds, 6);
    }
}
