namespace ClusterProxy.Hosting.Tests.Metrics;

public sealed class PrometheusTextParserTests
{
    private const string Head = "# HELP m help\n# TYPE m counter\n";
    private const string Histogram = "# HELP m help\n# TYPE m histogram\n";

    [Theory]
    [InlineData(Head + "m 1")]
    [InlineData("m 1\n")]
    [InlineData("# TYPE m counter\nm 1\n")]
    [InlineData("# HELP m help\nm 1\n")]
    [InlineData(Head)]
    [InlineData(Head + "# TYPE m counter\nm 1\n")]
    [InlineData(Head + "m 1\n" + Head + "m{a=\"b\"} 1\n")]
    [InlineData(Head + "m 1\nm 1\n")]
    [InlineData(Head + "m{a=\"b\",a=\"c\"} 1\n")]
    [InlineData(Head + "m{a=\"b\\t\"} 1\n")]
    [InlineData(Head + "m{a=\"b} 1\n")]
    [InlineData(Head + "m{a=b} 1\n")]
    [InlineData(Head + "m{a.b=\"c\"} 1\n")]
    [InlineData(Head + "m{} 1\n")]
    [InlineData(Head + "m  1\n")]
    [InlineData(Head + "m 1E+06\n")]
    [InlineData(Head + "m 1 1700000000\n")]
    [InlineData(Head + "m -1\n")]
    [InlineData(Head + "other 1\n")]
    [InlineData(Head + "\nm 1\n")]
    [InlineData(Head + "m 1\r\n")]
    [InlineData("# HELP m help\n# TYPE m number\nm 1\n")]
    [InlineData(Histogram + "m_bucket{le=\"1\"} 1\nm_sum 1\nm_count 1\n")]
    [InlineData(Histogram + "m_bucket{le=\"1\"} 2\nm_bucket{le=\"+Inf\"} 1\nm_sum 1\nm_count 1\n")]
    [InlineData(Histogram + "m_bucket{le=\"2\"} 1\nm_bucket{le=\"1\"} 1\nm_bucket{le=\"+Inf\"} 1\nm_sum 1\nm_count 1\n")]
    [InlineData(Histogram + "m_bucket{le=\"+Inf\"} 1\nm_sum 1\nm_count 2\n")]
    [InlineData(Histogram + "m_bucket{le=\"+Inf\"} 1\nm_count 1\nm_sum 1\n")]
    [InlineData(Histogram + "m 1\n")]
    public void Parse_AnyViolation_IsRefused(string text) => Assert.Throws<FormatException>(() => PrometheusTextParser.Parse(text));

    [Fact]
    public void Parse_WellFormed_GivesFamilies()
    {
        var families = PrometheusTextParser.Parse(Head + "m{a=\"x\\\"\\\\\\n\"} 1.5e+06\n# HELP n \n# TYPE n gauge\nn +Inf\n");

        Assert.Equal(1.5e6, families["m"].Value(("a", "x\"\\\n")));
        Assert.Equal(double.PositiveInfinity, families["n"].Value());
    }
}
