namespace ClusterProxy.Protocol.Tests;

public sealed class TunnelFeaturesTests
{
    [Theory]
    [InlineData("half-close", TunnelFeatureSet.HalfClose)]
    [InlineData("credit, half-close", TunnelFeatureSet.HalfClose | TunnelFeatureSet.Credit)]
    [InlineData("half-closed,from-the-future", TunnelFeatureSet.None)]
    [InlineData("", TunnelFeatureSet.None)]
    [InlineData(null, TunnelFeatureSet.None)]
    internal void Parse_Announcement_IsAListOfNames(string? announcement, TunnelFeatureSet expected) =>
        Assert.Equal(expected, TunnelFeatures.Parse(announcement));

    [Fact]
    public void Format_EverySet_ParsesBack()
    {
        // Each subset of what there is, down to none.
        for (var set = TunnelFeatures.Agent; set != TunnelFeatureSet.None; set = (set - 1) & TunnelFeatures.Agent)
        {
            Assert.Equal(set, TunnelFeatures.Parse(TunnelFeatures.Format(set)));
        }

        Assert.Equal(TunnelFeatureSet.None, TunnelFeatures.Parse(TunnelFeatures.Format(TunnelFeatureSet.None)));
    }
}
