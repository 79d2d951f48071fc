using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>The attacks that SECURITY.md lists, and what each of them must have left behind in metrics and lines.</summary>
internal static partial class AttackTable
{
    private static readonly string[] Prefixes =
        ["konnectivity_network_proxy_server_", "clusterproxy_server_", "konnectivity_network_proxy_agent_", "clusterproxy_agent_"];

    /// <summary>Of the tables whose last column is the test: those of the gateway's callers have their own tests.</summary>
    public static IReadOnlyList<AttackRow> Rows()
    {
        var rows = new List<AttackRow>();
        foreach (var match in File.ReadAllLines(RepositoryRoot.File("SECURITY.md")).Select(static line => LastColumns().Match(line)))
        {
            if (match.Success)
            {
                var seen = match.Groups["seen"].Value;
                rows.Add(new(match.Groups["test"].Value, seen == "likewise" ? rows[^1].Seen : seen));
            }
        }

        return rows;
    }

    /// <summary>Waits until everything is there that the running test's row says, for an operator who has metrics and lines only.</summary>
    /// <param name="output">Of the test.</param>
    /// <param name="log">Of all programs.</param>
    /// <param name="audit">Of the server; null where the test keeps none.</param>
    /// <param name="metrics">Of the programs.</param>
    public static async Task ShouldBeSeenAsync(ITestOutputHelper output, CapturedLog log, AuditFile? audit, params MetricsPage[] metrics)
    {
        var test = RunningTest.Of(output);
        var all = Rows().Where(r => r.Method == test.Name).ToList();
        var own = all.Where(r => r.IsOf(test.Arguments)).ToList();
        Assert.NotEmpty(all);

        // A case of a test that no row names is like one that a row does.
        var rows = own.Count > 0 ? own : all;
        await Eventually.ObserveAsync(
            async () =>
            {
                var pages = new List<IReadOnlyDictionary<string, PrometheusFamily>>();
                foreach (var page in metrics)
                {
                    pages.Add(await page.ReadAsync());
                }

                var missing = rows.Select(r => string.Join(", ", Missing(r, log, audit, pages))).ToList();
                return own.Count > 0 ? string.Join("; ", missing.Where(static m => m.Length > 0)) : missing.MinBy(static m => m.Length)!;
            },
            static missing => missing.Length == 0,
            $"everything is seen that SECURITY.md says of {test.Name}");
    }

    private static IEnumerable<string> Missing(
        AttackRow row, CapturedLog log, AuditFile? audit, IReadOnlyList<IReadOnlyDictionary<string, PrometheusFamily>> pages) =>
    [
        .. row.Metrics.Where(m => !IsCounted(m.Name, m.Labels, pages)).Select(static m => $"{m.Name}{{{string.Join(',', m.Labels)}}}"),
        .. row.LogLines.Where(l => !log.Records.Any(r => r.EventName == l.Event && (l.IsQuiet || r.Level >= LogLevel.Information)))
            .Select(static l => $"log {l.Event}"),
        .. row.AuditLines.Where(e => audit?.Lines.Any(l => AuditFile.Text(l, "event") == e && !IsOfBystander(l)) != true)
            .Select(static e => $"audit {e}"),
    ];

    private static bool IsOfBystander(JsonElement line) =>
        AuditFile.Text(line, "subject").Contains($"cn:{RedTeamTest.Bystander}\"", StringComparison.Ordinal);

    private static bool IsCounted(
        string name, (string Name, string Value)[] labels, IReadOnlyList<IReadOnlyDictionary<string, PrometheusFamily>> pages) =>
        pages.SelectMany(static p => p.Values).SelectMany(static f => f.Samples).Any(s =>
            s.Value > 0 && Prefixes.Any(p => s.Name == p + name) && labels.All(l => s.Labels.GetValueOrDefault(l.Name) == l.Value));

    [GeneratedRegex(@"\| (?<seen>[^|]*) \| `(?<test>[A-Za-z0-9]+Tests\.[^`]+)` \|$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex LastColumns();
}
