using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Hosting.Tests.Flags;

public sealed class NearestNameTests
{
    [Theory]
    [InlineData("", "", 0)]
    [InlineData("", "abc", 3)]
    [InlineData("abc", "", 3)]
    [InlineData("abc", "abc", 0)]
    [InlineData("abc", "acb", 1)]
    [InlineData("abc", "abd", 1)]
    [InlineData("kitten", "sitting", 3)]
    public void Distance_Pair_CountsEdits(string from, string to, int expected) =>
        Assert.Equal(expected, NearestName.Distance(from, to));

    [Fact]
    public void Distance_RandomPairs_IsSymmetricAndBounded()
    {
        var seed = Environment.ProcessId;
        var random = new Random(seed);
        for (var i = 0; i < 2_000; i++)
        {
            var from = new string(random.GetItems("abc-".AsSpan(), random.Next(10)));
            var to = new string(random.GetItems("abc-".AsSpan(), random.Next(10)));
            var edits = NearestName.Distance(from, to);
            Assert.True(edits == NearestName.Distance(to, from), $"seed {seed}: {from} {to}");
            Assert.True(edits <= Math.Max(from.Length, to.Length), $"seed {seed}: {from} {to}");
            Assert.True(edits >= Math.Abs(from.Length - to.Length), $"seed {seed}: {from} {to}");
        }
    }

    [Fact]
    public void Find_NothingKnown_IsNull() => Assert.Null(NearestName.Find("a", []));
}
