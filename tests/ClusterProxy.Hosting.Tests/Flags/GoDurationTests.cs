using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Tests.Flags;

public sealed class GoDurationTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("+5s", 5_000)]
    [InlineData("0s", 0)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("500ms", 500)]
    [InlineData("1.5s", 1_500)]
    [InlineData(".5s", 500)]
    [InlineData("1.s", 1_000)]
    [InlineData("-1m2.5s", -62_500)]
    [InlineData("1000us", 1)]
    [InlineData("1000µs", 1)]
    [InlineData("1000μs", 1)]
    [InlineData("1000000ns", 1)]
    [InlineData("0.100000000000000000000h", 360_000)]
    [InlineData("3m3m", 360_000)]
    public void TryParse_GoSyntax_GivesItsLength(string text, long milliseconds)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("-")]
    [InlineData("+")]
    [InlineData("s")]
    [InlineData(".s")]
    [InlineData("1 s")]
    [InlineData(" 1s")]
    [InlineData("1s ")]
    [InlineData("1d")]
    [InlineData("1S")]
    [InlineData("00:00:05")]
    [InlineData("1..5s")]
    [InlineData("--1s")]
    [InlineData("1s-1s")]
    [InlineData("1e3s")]
    [InlineData("١s")]
    [InlineData("9223372036854775808ns")]
    [InlineData("2562048h")]
    [InlineData("99999999999999999999999999999999999999999999s")]
    [InlineData("5000000000s5000000000s")]
    public void TryParse_Garbage_IsRefused(string text) => Assert.False(GoDuration.TryParse(text, out _));

    [Theory]
    [InlineData("1ns", 1)]
    [InlineData("-1ns", -1)]
    [InlineData("199ns", 1)]
    [InlineData("200ns", 2)]
    public void TryParse_FinerThanATick_NeverBecomesZero(string text, long ticks)
    {
        Assert.True(GoDuration.TryParse(text, out var value));
        Assert.Equal(ticks, value.Ticks);
    }

    [Theory]
    [InlineData(0, "0s")]
    [InlineData(1, "100ns")]
    [InlineData(15, "1.5µs")]
    [InlineData(5_000_000, "500ms")]
    [InlineData(15_000_000, "1.5s")]
    [InlineData(600_000_000, "1m0s")]
    [InlineData(36_000_000_000, "1h0m0s")]
    [InlineData(-54_000_000_000, "-1h30m0s")]
    [InlineData(36_610_000_001, "1h1m1.0000001s")]
    [InlineData(long.MaxValue, "256204778h48m5.4775807s")]
    [InlineData(long.MinValue, "-256204778h48m5.4775808s")]
    public void Format_Ticks_ReadsAsGoPrintsIt(long ticks, string expected) =>
        Assert.Equal(expected, GoDuration.Format(new TimeSpan(ticks)));

    [Fact]
    public void Format_ThenTryParse_GivesTheSameValue()
    {
        var seed = Environment.ProcessId;
        var random = new Random(seed);
        for (var i = 0; i < 20_000; i++)
        {
            // Go's 64 bits of nanoseconds end at a hundredth of ours; shifting spreads the sizes over all units.
            var value = new TimeSpan(random.NextInt64(long.MinValue / 100, long.MaxValue / 100) >> random.Next(60));
            var text = GoDuration.Format(value);
            Assert.True(GoDuration.TryParse(text, out var read), $"seed {seed}: {text}");
            Assert.True(value == read, $"seed {seed}: {text} became {read}");
        }
    }

    [Fact]
    public void TryParse_RandomText_NeverThrowsAndNeverInventsAValue()
    {
        const string Alphabet = "0123456789.-+hmsuµn xe:";
        var seed = Environment.ProcessId;
        var random = new Random(seed);
        for (var i = 0; i < 50_000; i++)
        {
            var text = new string(random.GetItems(Alphabet.AsSpan(), random.Next(12)));
            if (GoDuration.TryParse(text, out var value))
            {
                Assert.True(GoDuration.TryParse(GoDuration.Format(value), out var again), $"seed {seed}: {text}");
                Assert.True(value == again, $"seed {seed}: {text}");
                Assert.False(text.AsSpan().IndexOfAny(' ', ':', 'x') >= 0, $"seed {seed}: {text} was accepted");
            }
            else
            {
                Assert.Equal(TimeSpan.Zero, value);
            }
        }
    }
}
