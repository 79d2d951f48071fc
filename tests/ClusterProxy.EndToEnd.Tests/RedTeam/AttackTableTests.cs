using System.Reflection;
using System.Text.RegularExpressions;
using Xunit.Sdk;

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
        Assert.All(rows, static row => Assert.True(Exists(row), $"SECURITY.md names {row}, which is no test"));
    }

    [Fact]
    public void EveryTestOfTheRedTeam_IsInTheTable()
    {
        var named = Rows().Select(static r => r.Split('(')[0]).ToHashSet(StringComparer.Ordinal);

        var missing = Tests.GetTypes().Where(static t => t.IsSubclassOf(typeof(RedTeamTest)))
            .SelectMany(static t => TestsOf(t).Select(m => $"{t.Name}.{m.Name}"))
            .Where(t => !named.Contains(t));

        Assert.Empty(missing);
    }

    /// <summary>The last column: a class and a test, and in brackets the first arguments where the test has several rows.</summary>
    private static IEnumerable<string> Rows() =>
        from line in File.ReadAllLines(RepositoryRoot.File("SECURITY.md"))
        let match = LastColumn().Match(line)
        where match.Success
        select match.Groups["test"].Value;

    private static bool Exists(string row)
    {
        var match = Name().Match(row);
        var type = Tests.GetTypes().SingleOrDefault(t => t.Name == match.Groups["type"].Value);
        var method = type is null ? null : TestsOf(type).SingleOrDefault(m => m.Name == match.Groups["method"].Value);
        if (method is null || !match.Groups["arguments"].Success)
        {
            return method is not null;
        }

        var arguments = match.Groups["arguments"].Value.Split(", ");
        return method.GetCustomAttributes<DataAttribute>().SelectMany(d => d.GetData(method))
            .Any(data => data.Take(arguments.Length).Select(static a => $"{a}").SequenceEqual(arguments, StringComparer.Ordinal));
    }

    private static IEnumerable<MethodInfo> TestsOf(Type type) =>
        type.GetMethods(BindingFlags.Instance | BindingFlags.Public).Where(static m => m.GetCustomAttribute<FactAttribute>() is not null);

    [GeneratedRegex(@"\| `(?<test>[A-Za-z0-9]+Tests\.[^`]+)` \|$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LastColumn();

    [GeneratedRegex(@"^(?<type>\w+)\.(?<method>\w+)(\((?<arguments>[^)]*)\))?$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
