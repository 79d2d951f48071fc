using ClusterProxy.Server.Planes;
using Xunit.Abstractions;

namespace ClusterProxy.Server.Tests.Planes;

public sealed class TokenBucketTests(ITestOutputHelper output)
{
    private static readonly TimeSpan _second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(5);

    [Fact]
    public void Tokens_OfASecond_AreThereAtOnce_AndTheNextOnesCome_OneAfterTheOther()
    {
        var bucket = new TokenBucket(10, _second, _longest, new ManualTime());

        Assert.All(Enumerable.Range(0, 11), _ => Assert.Equal(TimeSpan.Zero, bucket.Take()));
        Assert.All(Enumerable.Range(1, 50), i => Assert.Equal((false, TimeSpan.FromMilliseconds(100 * i)), (bucket.IsEmpty, bucket.Take())));
        Assert.True(bucket.IsEmpty);
        Assert.All(Enumerable.Range(0, 3), _ => Assert.Null(bucket.Take()));
    }

    [Fact]
    public void Token_IsThereAgain_WhenItsTimeHasPassed()
    {
        var time = new ManualTime();
        var bucket = new TokenBucket(10, _second, TimeSpan.Zero, time);
        while (bucket.Take() is not null)
        {
        }

        time.Advance(TimeSpan.FromMilliseconds(100));

        Assert.Equal(TimeSpan.Zero, bucket.Take());
        Assert.Null(bucket.Take());
    }

    [Fact]
    public void RandomArrivals_NeverGetMoreThanTheRate_AndWaitInTheirOrder_AndNoTokenIsWasted()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var run = 0; run < 200; run++)
        {
            var rate = random.Next(1, 500);
            var time = new ManualTime();
            var start = time.GetTimestamp();
            var bucket = new TokenBucket(rate, _second, _longest, time);
            var used = new List<double>();
            for (var i = 0; i < 400; i++)
            {
                time.Advance(TimeSpan.FromSeconds(random.NextDouble() * random.Next(0, 4) / rate));
                var now = time.GetElapsedTime(start).TotalSeconds;
                if (bucket.Take() is { } wait)
                {
                    Assert.InRange(wait, TimeSpan.Zero, _longest);
                    used.Add(now + wait.TotalSeconds);
                }
                else
                {
                    // Whoever is turned away has as many before him as the longest wait has tokens.
                    Assert.InRange(used.Count(u => u > now), (int)(_longest.TotalSeconds * rate) - 1, int.MaxValue);
                }
            }

            Assert.Equal(used.Order(), used);
            for (var first = 0; first < used.Count; first += 7)
            {
                for (var last = first; last < used.Count; last += 5)
                {
                    Assert.InRange(last - first + 1, 0, (rate * (used[last] - used[first] + 1.001)) + 2);
                }
            }
        }
    }
}
