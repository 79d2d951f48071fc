using ClusterProxy.Agent.Servers;

namespace ClusterProxy.Agent.Tests.Servers;

public sealed class ReconnectDelayTests
{
    [Fact]
    public void Next_RepeatedFailures_GrowByHalfUpToTheCap()
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), static () => 1);

        var pauses = Enumerable.Range(0, 5).Select(_ => delay.Next().TotalSeconds);

        Assert.Equal([1, 1.5, 2.25, 3, 3], pauses);
    }

    [Fact]
    public void Reset_AfterFailures_StartsOver()
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), static () => 1);
        delay.Next();
        delay.Next();

        delay.Reset();

        Assert.Equal(1, delay.Next().TotalSeconds);
    }

    [Theory]
    [InlineData(0, 0.1, 1, 0)]
    [InlineData(0.5, 0.55, 1.05, 0.25)]
    [InlineData(1, 1, 1.1, 0.5)]
    public void Pauses_AreSpread_AfterAFailureOverAllOfIt(double random, double failed, double steady, double lost)
    {
        var delay = new ReconnectDelay(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3), () => random);

        Assert.Equal(failed, delay.Next().TotalSeconds, 6);
        Assert.Equal(steady, delay.Base().TotalSeconds, 6);
        Assert.Equal(lost, delay.Spread().TotalSeconds, 6);
    }
}
