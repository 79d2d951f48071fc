using System.Reflection;
using System.Text.RegularExpressions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>The table of attacks in SECURITY.md says what the tests show, and no row is without a test of its own.</summary>
public sealed partial class AttackTableTests
{
    private const int Least = 40;

    private static readonly Assembly Tests = typeof(AttackTableTests).Assembly;

    [Fact]
    public void EveryRow_NamesItsOwnTest_AndTheTestIsThere()
    {
        var rows = Rows().ToList();

        Assert.InRange(rows.Count, Least, int.MaxValue);
        Assert.Equal(rows.Count, rows.Distinct(StringComparer.Ordinal).Count());
        Assert.All(rows, static row => Assert.True(NamedTest.Exists(Tests, row), $"SECURITY.md names {row}, which is no test"));
    }

    [Fact]
    public void EveryTestOfTheRedTeam_IsInTheTable()
    {
        var named = Rows().Select(static r => r.Split('(')[0]).ToHashSet(StringComparer.Ordinal);

        var missing = Tests.GetTypes().Where(static t => t.IsSubclassOf(typeof(RedTeamTest)))
            .SelectMany(static t => NamedTest.Of(t).Select(m => $"{t.Name}.{m.Name}"))
            .Where(t => !named.Contains(t));

        Assert.Empty(missing);
    }

    /// <summary>The last column: a class and a test, and in brackets the first arguments where the test has several rows.</summary>
    private static IEnumerable<string> Rows() =>
        from line in File.ReadAllLines(RepositoryRoot.File("SECURITY.md"))
        let match = LastColumn().Match(line)
        where match.Success
        select match.Groups["test"].Value;

    [GeneratedRegex(@"\| `(?<test>[A-Za-z0-9]+Tests\.[^`]+)` \|$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LastColumn();
}
