using ClusterProxy.Protocol.Fleet;

namespace ClusterProxy.Protocol.Tests.Fleet;

public sealed class RendezvousHashTests
{
    private const int Keys = 10_000;

    private static readonly string[] Five = [.. Enumerable.Range(1, 5).Select(static n => $"proxy-{n}")];

    /// <summary>The vectors of proto/README.md.</summary>
    [Theory]
    [InlineData("c1", "a", 0x74ad8ee21d36480dUL)]
    [InlineData("c1", "b", 0x53d0f2c0ab5c9208UL)]
    [InlineData("c1", "c", 0xcb20451eaac301fdUL)]
    [InlineData("größe", "ß", 0x553cfb233d74206eUL)]
    public void Score_OfTheVectors_IsAsWritten(string key, string member, ulong score) =>
        Assert.Equal(score, RendezvousHash.Score(key, member));

    [Fact]
    public void Score_OfTextsJoinedElsewhere_Differs() => Assert.NotEqual(RendezvousHash.Score("ab", "c"), RendezvousHash.Score("a", "bc"));

    [Fact]
    public void Score_OfALongText_IsThatOfTheWholeText() =>
        Assert.NotEqual(RendezvousHash.Score("k", new string('x', 5000)), RendezvousHash.Score("k", new string('x', 5001)));

    [Fact]
    public void First_OfMembersInAnyOrder_IsTheSame()
    {
        foreach (var key in SomeKeys())
        {
            Assert.Equal(First(key, Five, 2), First(key, Five.Reverse(), 2));
        }
    }

    [Fact]
    public void First_OfFewerThanWanted_IsAll() => Assert.Equal(["x"], First("c1", ["x"], 2));

    [Fact]
    public void First_OfNone_IsNone() => Assert.Empty(First("c1", [], 2));

    /// <summary>4,000 keys a member are expected; five standard deviations are 245.</summary>
    [Fact]
    public void First_TwoOfFive_GivesEachMemberItsShare()
    {
        var shares = SomeKeys().SelectMany(static k => First(k, Five, 2)).CountBy(static m => m).ToDictionary();
        Assert.Equal(Five.Length, shares.Count);
        Assert.All(shares, static s => Assert.InRange(s.Value, (Keys * 2 / 5) - 245, (Keys * 2 / 5) + 245));
    }

    /// <summary>
    /// The hash alone keeps what a bound of 1.25 times the mean would enforce, from some hundred agents on; see the README of the project.
    /// </summary>
    [Theory]
    [InlineData(3, 200, 1.10)]
    [InlineData(3, 2_000, 1.05)]
    [InlineData(5, 200, 1.25)]
    [InlineData(5, 2_000, 1.10)]
    [InlineData(10, 2_000, 1.10)]
    [InlineData(10, 10_000, 1.10)]
    public void First_Two_LoadsTheFullestMemberLittleMoreThanTheMean(int members, int keys, double most)
    {
        foreach (var (key, member) in ((string, string)[])[("cluster-", "hub-"), ("prod/", "proxy-server-"), ("x", "10.0.0.")])
        {
            string[] all = [.. Enumerable.Range(0, members).Select(n => $"{member}{n}")];
            var fullest = Enumerable.Range(0, keys).SelectMany(n => First($"{key}{n}", all, 2)).CountBy(static m => m).Max(static m => m.Value);
            Assert.InRange(fullest / (2.0 * keys / members), 1, most);
        }
    }

    [Fact]
    public void First_WhenAMemberGoes_MovesItsKeysOnly()
    {
        string[] left = [.. Five.Skip(1)];
        foreach (var key in SomeKeys())
        {
            var before = First(key, Five, 2);
            var after = First(key, left, 2);
            Assert.Equal(before.Where(m => m != Five[0]), after.Where(before.Contains));
            Assert.Equal(before.Contains(Five[0]) ? 1 : 0, after.Except(before).Count());
        }
    }

    [Fact]
    public void First_WhenAMemberComes_MovesNothingElse()
    {
        string[] more = [.. Five, "proxy-6"];
        foreach (var key in SomeKeys())
        {
            Assert.All(First(key, more, 2).Except(First(key, Five, 2)), static m => Assert.Equal("proxy-6", m));
        }
    }

    [Fact]
    public void First_WhenAMemberGoes_SpreadsItsKeysOverAllOthers()
    {
        string[] left = [.. Five.Skip(1)];
        var heirs = SomeKeys().SelectMany(k => First(k, left, 2).Except(First(k, Five, 2))).CountBy(static m => m).ToDictionary();
        Assert.Equal(left.Length, heirs.Count);
        Assert.All(heirs, static h => Assert.InRange(h.Value, 800, 1200));
    }

    private static IReadOnlyList<string> First(string key, IEnumerable<string> members, int count) =>
        RendezvousHash.First(key, members, static m => m, count);

    private static IEnumerable<string> SomeKeys() => Enumerable.Range(0, Keys).Select(static n => $"cluster-{n}");
}
