using ClusterProxy.LoadTests.Measuring;
using Xunit.Abstractions;

namespace ClusterProxy.LoadTests.Tests.Measuring;

public sealed class LatencyHistogramTests(ITestOutputHelper output)
{
    [Fact]
    public void Percentile_IsNoneBeforeTheFirst() => Assert.Null(new LatencyHistogram().Percentile(0.99));

    /// <summary>Over nine powers of ten, in two histograms that are added up.</summary>
    [Fact]
    public void Percentile_IsTheExactOne_WithinABucketsWidth()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var turn = 0; turn < 200; turn++)
        {
            var all = new TimeSpan[random.Next(1, 2000)];
            var (histogram, other) = (new LatencyHistogram(), new LatencyHistogram());
            for (var i = 0; i < all.Length; i++)
            {
                all[i] = TimeSpan.FromTicks((long)Math.Pow(10, random.NextDouble() * 9));
                (random.Next(2) == 0 ? histogram : other).Record(all[i]);
            }

            histogram.Add(other);
            Array.Sort(all);
            Assert.Equal(all.Length, histogram.Count);
            foreach (var fraction in (double[])[0.5, 0.9, 0.99, 1])
            {
                var exact = all[Math.Max(0, (int)Math.Ceiling(all.Length * fraction) - 1)];
                var measured = histogram.Percentile(fraction)!.Value;
                Assert.InRange(measured.Ticks, exact.Ticks, (exact.Ticks * 1.016) + 1);
            }
        }
    }
}
