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
        for (var set = TunnelFeatureSet.None; set <= TunnelFeatures.Agent; set++)
        {
            Assert.Equal(set, TunnelFeatures.Parse(TunnelFeatures.Format(set)));
        }
    }
}
