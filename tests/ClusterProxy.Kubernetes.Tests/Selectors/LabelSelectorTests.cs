using ClusterProxy.Kubernetes.Selectors;
using Xunit.Abstractions;

namespace ClusterProxy.Kubernetes.Tests.Selectors;

public sealed class LabelSelectorTests(ITestOutputHelper output)
{
    private static readonly Dictionary<string, string> Labels = new(StringComparer.Ordinal)
    {
        ["app"] = "server",
        ["example.com/tier"] = "front",
        ["weight"] = "10",
        ["empty"] = "",
    };

    [Theory]
    [InlineData("", true)]
    [InlineData("app=server", true)]
    [InlineData("app==server", true)]
    [InlineData(" app = server , weight ", true)]
    [InlineData("app!=server", false)]
    [InlineData("other!=server", true)]
    [InlineData("app in (client, server)", true)]
    [InlineData("app notin (client,server)", false)]
    [InlineData("other notin (a)", true)]
    [InlineData("other in (a)", false)]
    [InlineData("example.com/tier=front", true)]
    [InlineData("app", true)]
    [InlineData("!app", false)]
    [InlineData("!other", true)]
    [InlineData("empty=", true)]
    [InlineData("other=", false)]
    [InlineData("weight>9", true)]
    [InlineData("weight<10", false)]
    [InlineData("weight>10", false)]
    [InlineData("app>1", false)]
    [InlineData("other<1", false)]
    [InlineData("in=x", false)]
    public void Selector_MatchesAsKubernetesDoes(string selector, bool matches) =>
        Assert.Equal(matches, LabelSelector.Parse(selector).Matches(Labels));

    [Theory]
    [InlineData("app=server,", "a label's key is missing")]
    [InlineData("=x", "a label's key is missing")]
    [InlineData("app in server", "in parentheses")]
    [InlineData("app in (a", "closing parenthesis")]
    [InlineData("app within (a)", "\"within\" is no operator")]
    [InlineData("app!x", "expected !=")]
    [InlineData("-app=x", "no label key")]
    [InlineData("A_B/x=y", "DNS name")]
    [InlineData("a=b c", "expected a comma")]
    [InlineData("a=-b", "no label value")]
    [InlineData("a>b", "no whole number")]
    [InlineData("a=b)", "expected a comma")]
    public void Mistake_IsToldWithItsPlace(string selector, string said)
    {
        Assert.False(LabelSelector.TryParse(selector, out _, out var error));
        Assert.Contains(said, error, StringComparison.Ordinal);
        Assert.Contains("at character", error, StringComparison.Ordinal);
    }

    [Fact]
    public void AnySelector_ReadsBackFromItsText_AndMatchesTheSame()
    {
        var random = SeededRandom.Create(output.WriteLine);
        for (var i = 0; i < 20_000; i++)
        {
            var text = string.Join(Pick(random, ",", " , "), Enumerable.Range(0, random.Next(4)).Select(_ => Requirement(random)));
            var selector = LabelSelector.Parse(text);
            var again = LabelSelector.Parse(selector.ToString());
            var labels = Enumerable.Range(0, 3).Select(_ => (Key(random), Value(random))).DistinctBy(static l => l.Item1)
                .ToDictionary(static l => l.Item1, static l => l.Item2, StringComparer.Ordinal);

            Assert.Equal(selector.ToString(), again.ToString());
            Assert.Equal(selector.Matches(labels), again.Matches(labels));
            Assert.Equal(selector.Requirements.All(r => r.Matches(labels)), selector.Matches(labels));
        }
    }

    [Fact]
    public void AnyText_IsReadOrRefused()
    {
        var random = SeededRandom.Create(output.WriteLine);
        const string Characters = "ab1./-_ ,=!()<>\tin";
        for (var i = 0; i < 50_000; i++)
        {
            var text = new string([.. Enumerable.Range(0, random.Next(16)).Select(_ => Characters[random.Next(Characters.Length)])]);
            if (LabelSelector.TryParse(text, out var selector, out var error))
            {
                Assert.Equal(selector.ToString(), LabelSelector.Parse(selector.ToString()).ToString());
            }
            else
            {
                Assert.Contains($"\"{text}\"", error, StringComparison.Ordinal);
            }
        }
    }

    private static string Requirement(SeededRandom random) => random.Next(8) switch
    {
        0 => $"{Key(random)}{Pick(random, "=", "==", " = ")}{Value(random)}",
        1 => $"{Key(random)}{Pick(random, "!=", " != ")}{Value(random)}",
        2 => $"{Key(random)} in ({Value(random)},{Value(random)})",
        3 => $"{Key(random)} notin ( {Value(random)} , {Value(random)})",
        4 => Key(random),
        5 => $"!{Key(random)}",
        6 => $"{Key(random)}>{random.Next(20)}",
        _ => $"{Key(random)} < {random.Next(20)}",
    };

    private static string Key(SeededRandom random) => Pick(random, "a", "b", "example.com/c", "D-e_f.g");

    private static string Value(SeededRandom random) => Pick(random, "", "x", "y", "10", "Z-1_2.3");

    private static string Pick(SeededRandom random, params string[] choices) => choices[random.Next(choices.Length)];
}
