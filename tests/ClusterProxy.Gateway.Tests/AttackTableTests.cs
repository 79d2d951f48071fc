using System.Text.RegularExpressions;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests;

/// <summary>The gateway's table of attacks in SECURITY.md says what the tests show, and no row is without a test of its own.</summary>
public sealed partial class AttackTableTests
{
    private const string Heading = "### Callers of the gateway";
    private const int Least = 30;

    [Fact]
    public void EveryRow_NamesItsOwnTest_AndTheTestIsThere()
    {
        var rows = File.ReadAllLines(RepositoryRoot.File("SECURITY.md"))
            .SkipWhile(static l => l != Heading).Skip(1).TakeWhile(static l => !l.StartsWith('#'))
            .Where(static l => l.StartsWith('|')).Skip(2)
            .Select(static l => Test().Match(l) is { Success: true } match ? match.Groups["test"].Value : l)
            .ToList();

        Assert.InRange(rows.Count, Least, int.MaxValue);
        Assert.Equal(rows.Count, rows.Distinct(StringComparer.Ordinal).Count());
        Assert.All(rows, static row => Assert.True(NamedTest.Exists(typeof(AttackTableTests).Assembly, row), $"SECURITY.md names {row}, which is no test"));
    }

    [GeneratedRegex(@"\| `(?<test>[A-Za-z0-9]+Tests\.[^`]+)` \|", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Test();
}
