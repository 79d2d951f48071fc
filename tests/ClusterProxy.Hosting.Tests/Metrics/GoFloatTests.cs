using System.Globalization;
using ClusterProxy.Hosting.Metrics;

namespace ClusterProxy.Hosting.Tests.Metrics;

public sealed class GoFloatTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1, "1")]
    [InlineData(-1, "-1")]
    [InlineData(0.000001, "1e-06")]
    [InlineData(0.00001, "1e-05")]
    [InlineData(0.0001, "0.0001")]
    [InlineData(0.005, "0.005")]
    [InlineData(0.025, "0.025")]
    [InlineData(2.5, "2.5")]
    [InlineData(12.5, "12.5")]
    [InlineData(100000, "100000")]
    [InlineData(86400, "86400")]
    [InlineData(1000000, "1e+06")]
    [InlineData(1048576, "1.048576e+06")]
    [InlineData(123456.789, "123456.789")]
    [InlineData(1795000000.25, "1.79500000025e+09")]
    [InlineData(1e100, "1e+100")]
    [InlineData(5e-324, "5e-324")]
    [InlineData(double.MaxValue, "1.7976931348623157e+308")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    [InlineData(double.NaN, "NaN")]
    public void Format_Value_ReadsAsInGo(double value, string expected) => Assert.Equal(expected, GoFloat.Format(value));

    [Fact]
    public void Format_AnyValue_ReadsBackExactly()
    {
        const int Seed = 20260;
        var random = new Random(Seed);
        for (var i = 0; i < 20_000; i++)
        {
            var value = BitConverter.Int64BitsToDouble(random.NextInt64(long.MinValue, long.MaxValue));
            if (double.IsFinite(value))
            {
                var text = GoFloat.Format(value);
                Assert.True(value.Equals(double.Parse(text, CultureInfo.InvariantCulture)), $"seed {Seed}: {value:R} became {text}");
            }
        }
    }
}
