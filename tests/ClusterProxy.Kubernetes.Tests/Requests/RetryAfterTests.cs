using System.Globalization;
using ClusterProxy.Kubernetes.Requests;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Requests;

public sealed class RetryAfterTests(ITestOutputHelper output)
{
    private static readonly DateTimeOffset Now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Theory]
    [InlineData("0", 0)]
    [InlineData(" 17 ", 17)]
    [InlineData("Fri, 02 Jan 2026 03:04:35 GMT", 30)]
    [InlineData("Fri, 02 Jan 2026 03:00:00 GMT", 0)]
    [InlineData("86400", 86400)]
    [InlineData("99999999999999999999999", 86400)]
    public void Header_IsSecondsOrDate(string text, int seconds) => Assert.Equal(TimeSpan.FromSeconds(seconds), RetryAfter.Parse(text, Now));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("1.5")]
    [InlineData("soon")]
    [InlineData("2026-01-02T03:04:05Z")]
    public void Header_ThatIsNeither_IsNone(string text) => Assert.Null(RetryAfter.Parse(text, Now));

    [Fact]
    public void AnySecondsAndDates_GiveThatWait()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 20_000; i++)
        {
            var wait = TimeSpan.FromSeconds(random.Next(0, 86_400));

            Assert.Equal(wait, RetryAfter.Parse(wait.TotalSeconds.ToString(CultureInfo.InvariantCulture), Now));
            Assert.Equal(wait, RetryAfter.Parse((Now + wait).ToString("r", CultureInfo.InvariantCulture), Now));
        }
    }

    [Fact]
    public void AnyText_GivesNoneOrAWaitWithinBounds()
    {
        var random = SeededRandom.Create(output.WriteLine);
        const string Characters = "0123456789-+. :,GMTFriJan";
        for (var i = 0; i < 50_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(30)).Select(_ => Characters[random.Next(Characters.Length)])]);

            Assert.InRange(RetryAfter.Parse(text, Now) ?? TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(1));
        }
    }
}
