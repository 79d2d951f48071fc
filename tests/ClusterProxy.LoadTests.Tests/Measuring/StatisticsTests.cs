using ClusterProxy.LoadTests.Measuring;

namespace ClusterProxy.LoadTests.Tests.Measuring;

public sealed class StatisticsTests
{
    [Fact]
    public void Median_IsTheMiddle_OfTheRoundsThatDidNotFail()
    {
        Assert.Equal(2, Statistics.Median([3, 1, null, 2]));
        Assert.Equal(1.5, Statistics.Median([2, 1]));
        Assert.Null(Statistics.Median([null]));
    }

    [Fact]
    public void Spread_IsHalfTheRange_AsAPartOfTheMedian()
    {
        Assert.Equal(0.1, Statistics.Spread([9, 10, 11])!.Value, 6);
        Assert.Null(Statistics.Spread([10, null]));
        Assert.Null(Statistics.Spread([0, 0]));
    }
}
