using System.Text.RegularExpressions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>
/// One row of the tables of attacks. Where it is seen names metrics, without their prefix and with the labels that matter, and lines:
/// <c>log</c> and an event's name, <c>audit</c> and its event. A log line that is not written as the programs run by default says so.
/// </summary>
/// <param name="Test">A class and a test, and in brackets the first arguments where the test has several rows.</param>
/// <param name="Seen">The column, with what "likewise" stands for.</param>
internal sealed partial record AttackRow(string Test, string Seen)
{
    public string Method => Test.Split('(')[0];

    public IEnumerable<(string Name, (string Name, string Value)[] Labels)> Metrics =>
        from Match match in Metric().Matches(Seen)
        select (match.Groups["name"].Value, (from Match label in Label().Matches(match.Groups["labels"].Value)
                                             select (label.Groups["name"].Value, label.Groups["value"].Value)).ToArray());

    public IEnumerable<(string Event, bool IsQuiet)> LogLines =>
        from Match match in Line().Matches(Seen)
        where match.Groups["where"].Value == "log"
        select (match.Groups["event"].Value, match.Groups["quiet"].Success);

    public IEnumerable<string> AuditLines =>
        from Match match in Line().Matches(Seen)
        where match.Groups["where"].Value == "audit"
        select match.Groups["event"].Value;

    /// <summary>Whether the row is of a test with these arguments.</summary>
    public bool IsOf(IReadOnlyList<string> arguments) =>
        !Test.Contains('(', StringComparison.Ordinal) || $"{string.Join(", ", arguments)}, ".StartsWith($"{Test[(Method.Length + 1)..^1]}, ", StringComparison.Ordinal);

    [GeneratedRegex(@"(?<!(log|audit) )`(?<name>[a-z_]+_(total|count|backends))(\{(?<labels>[^}`]*)\})?`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Metric();

    [GeneratedRegex("(?<name>[a-z_]+)=\"(?<value>[^\"]*)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Label();

    [GeneratedRegex(@"(?<where>log|audit) `(?<event>\w+)`(?<quiet> at `--v=5`)?", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Line();
}
