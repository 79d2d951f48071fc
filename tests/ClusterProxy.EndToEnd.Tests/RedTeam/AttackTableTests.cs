using System.Reflection;
using System.Text.RegularExpressions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>
/// The table of attacks in SECURITY.md says what the tests show, no row is without a test of its own, and no attack without a metric to
/// alert on and a line that explains it.
/// </summary>
public sealed partial class AttackTableTests
{
    private const int Least = 40;

    /// <summary>Of these there is nothing to see: servers that do not run, and a meeting that is no attack.</summary>
    private static readonly string[] Unseen =
        [$"{nameof(IdentityAttackTests)}.{nameof(IdentityAttackTests.AgentPort_WithoutAuthentication_DoesNotStart)}",
            $"{nameof(IdentityAttackTests)}.{nameof(IdentityAttackTests.FrontendPort_WithoutAuthority_DoesNotStart)}",
            $"{nameof(PeerAttackTests)}.{nameof(PeerAttackTests.Server_ThatMeetsItself_IsNoAttack)}"];

    private static readonly Assembly Tests = typeof(AttackTableTests).Assembly;

    [Fact]
    public void EveryRow_NamesItsOwnTest_AndTheTestIsThere()
    {
        var rows = AttackTable.Rows().Select(static r => r.Test).ToList();

        Assert.InRange(rows.Count, Least, int.MaxValue);
        Assert.Equal(rows.Count, rows.Distinct(StringComparer.Ordinal).Count());
        Assert.All(rows, static row => Assert.True(NamedTest.Exists(Tests, row), $"SECURITY.md names {row}, which is no test"));
    }

    [Fact]
    public void EveryTestOfTheRedTeam_IsInTheTable()
    {
        var named = AttackTable.Rows().Select(static r => r.Method).ToHashSet(StringComparer.Ordinal);

        var missing = Tests.GetTypes().Where(static t => t.IsSubclassOf(typeof(RedTeamTest)))
            .SelectMany(static t => NamedTest.Of(t).Select(m => $"{t.Name}.{m.Name}"))
            .Where(t => !named.Contains(t));

        Assert.Empty(missing);
    }

    [Fact]
    public void EveryRow_NamesAMetric_AndALine() => Assert.All(
        AttackTable.Rows().Where(static r => !Unseen.Contains(r.Test)),
        static row =>
        {
            Assert.True(row.Metrics.Any(), $"{row.Test}: no metric in: {row.Seen}");
            Assert.True(row.LogLines.Any() || row.AuditLines.Any(), $"{row.Test}: no line in: {row.Seen}");
        });

    /// <summary>Those of the red team cannot end without it; this is for the others.</summary>
    [Fact]
    public void EveryTestOfTheTable_LooksForWhatItsRowSays()
    {
        var elsewhere = AttackTable.Rows().Select(static r => r.Method).Distinct(StringComparer.Ordinal)
            .Where(static m => !Tests.GetTypes().Single(t => t.Name == m.Split('.')[0]).IsSubclassOf(typeof(RedTeamTest)));

        Assert.All(elsewhere, static test =>
        {
            var (type, method) = (test.Split('.')[0], test.Split('.')[1]);
            var file = Assert.Single(Directory.GetFiles(RepositoryRoot.File("tests/ClusterProxy.EndToEnd.Tests"), $"{type}.cs", SearchOption.AllDirectories));
            var body = Assert.Single(TestStart().Split(File.ReadAllText(file)), part => part.Contains($" {method}(", StringComparison.Ordinal));
            Assert.Contains("ShouldBeSeenAsync(", body, StringComparison.Ordinal);
        });
    }

    [GeneratedRegex(@"^    \[(Fact|Theory)\]", RegexOptions.ExplicitCapture | RegexOptions.Multiline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TestStart();
}
