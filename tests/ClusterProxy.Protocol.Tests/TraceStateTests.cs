using FsCheck;
using FsCheck.Fluent;

namespace ClusterProxy.Protocol.Tests;

public sealed class TraceStateTests
{
    [Theory]
    [InlineData("vendor=value", "vendor=value")]
    [InlineData("a=1,b=2", "a=1,b=2")]
    [InlineData(" a=1\t, ,b=2,", "a=1,b=2")]
    [InlineData("tenant@system=x y!#$;{}", "tenant@system=x y!#$;{}")]
    [InlineData("0a_-*/@=~", "0a_-*/@=~")]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(",,", "")]
    [InlineData("no member", "")]
    [InlineData("=value", "")]
    [InlineData("key=", "")]
    [InlineData("Upper=1", "")]
    [InlineData("_a=1", "")]
    [InlineData("a=1=2", "")]
    [InlineData("a=1,b", "")]
    [InlineData("a=1\r\nX: y", "")]
    [InlineData("a=\u00e9", "")]
    public void Bound_KeepsWhatIsOfTheForm_AndDropsTheRest(string? text, string expected) => Assert.Equal(expected, TraceState.Bound(text));

    [Fact]
    public void Bound_TooLong_KeepsTheFirstMembers()
    {
        var members = Enumerable.Range(0, 40).Select(static i => $"key{i:00}={new string('v', 5)}").ToArray();
        Assert.Equal(string.Join(',', members.Take(32)), TraceState.Bound(string.Join(',', members)));

        var wide = Enumerable.Range(0, 4).Select(static i => $"k{i}={new string('v', 200)}").ToArray();
        Assert.Equal(string.Join(',', wide.Take(2)), TraceState.Bound(string.Join(',', wide)));
        Assert.Equal("", TraceState.Bound($"k={new string('v', 257)}"));
    }

    /// <summary>Whatever comes, what leaves is short, fits a header, and is left as it is by the next peer.</summary>
    [Fact]
    public void Bound_OfAnything_IsSafe_AndStays() => Prop.ForAll(
        ArbMap.Default.ArbFor<string>().Generator.ListOf().Select(static parts => string.Join(',', parts)).ToArbitrary(),
        static text =>
        {
            var bound = TraceState.Bound(text);
            return bound.Length <= TraceState.MaxLength && bound.All(static c => c is >= ' ' and <= '~') && TraceState.Bound(bound) == bound;
        }).QuickCheckThrowOnFailure();
}
