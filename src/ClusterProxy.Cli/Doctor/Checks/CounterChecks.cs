using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Failures that programs have counted since they started. They may be over; that they happened is worth a look.</summary>
internal static class CounterChecks
{
    private const string Reason = "reason";

    /// <summary>Probes of load balancers and scanners end before they say anything: nothing is wrong with them.</summary>
    private const string Unspoken = "no_client_hello";

    public static Finding Handshakes(PageFacts page)
    {
        var id = $"{PageChecks.Prefix(page)}.handshakes";
        var failures = Failures(page, "_tls_handshake_failures_total", static s => s.Label(Reason) != Unspoken);
        return failures.Length == 0
            ? Finding.Ok(id, $"{page.Text} has refused no TLS handshake")
            : Finding.Warning(
                id, $"the TLS handshakes with {page.Text}",
                new Fault(
                    "handshake_failures", $"{page.Text} has counted failed handshakes since {Start(page)}: {List(failures, static s => $"{s.Label("plane")} {s.Label(Reason)}")}",
                    RemedyOf(failures.Select(static s => s.Label(Reason)).ToHashSet(StringComparer.Ordinal))));
    }

    public static Finding Refusals(PageFacts page)
    {
        const string Id = "server.refusals";
        var failures = Failures(page, "_agents_refused_total");
        return failures.Length == 0
            ? Finding.Ok(Id, $"{page.Text} has refused no agent")
            : Finding.Warning(
                Id, $"the agents of {page.Text}",
                new Fault(
                    "agents_refused", $"{page.Text} has refused agents since {Start(page)}: {List(failures, static s => s.Label(Reason))}",
                    "see its log for AgentIdentityRefused and AgentRefused: it names each agent and what it may announce"));
    }

    public static Finding Reloads(PageFacts page)
    {
        var id = $"{PageChecks.Prefix(page)}.reloads";
        MetricSample[] failures =
        [
            .. Failures(page, "_certificate_reloads_total", static s => s.Label("result") is "failure" or "hanging"),
            .. Failures(page, "_policy_reloads_total", static s => s.Label("result") is "failure" or "hanging"),
            .. Failures(page, "_rules_reloads_total", static s => s.Label("result") is "failure" or "hanging"),
        ];
        return failures.Length == 0
            ? Finding.Ok(id, $"{page.Text} has taken up every file that changed")
            : Finding.Warning(
                id, $"the files that {page.Text} follows",
                new Fault(
                    "reload_failures",
                    $"{page.Text} could not use files that changed, or not read them, since {Start(page)}: {List(failures, s => s.Label("plane").Length > 0 ? $"{s.Label("plane")} {s.Label("role")}" : page.Kind == PageKind.Gateway ? "rules" : "frontend policy")}; the last good ones are in use",
                    "see its log for FileRefused, PolicyRefused, RulesRefused and FileHangs, and check the files and their disk: clusterproxy certs inspect FILE"));
    }

    public static Finding Audit(PageFacts page)
    {
        var id = $"{PageChecks.Prefix(page)}.audit";
        var lost = page.Sum($"clusterproxy_{PageChecks.Prefix(page)}_audit_lines_total", static s => s.Label("result") == "dropped");
        return lost == 0
            ? Finding.Ok(id, $"{page.Text} has lost no audit line")
            : Finding.Warning(
                id, $"the audit of {page.Text}",
                new Fault("audit_lost", $"{page.Text} has lost {lost:0} audit lines since {Start(page)}", "its disk, or whoever reads its standard output, does not follow: free space, or a faster reader"));
    }

    private static MetricSample[] Failures(PageFacts page, string suffix, Func<MetricSample, bool>? which = null) =>
        [.. page.Of($"clusterproxy_{PageChecks.Prefix(page)}{suffix}").Where(s => s.Value > 0 && which?.Invoke(s) != false)];

    private static string List(MetricSample[] samples, Func<MetricSample, string> name) =>
        string.Join(", ", samples.OrderByDescending(static s => s.Value).Select(s => $"{name(s)} {s.Value:0}"));

    private static string Start(PageFacts page) => page.Sum("process_start_time_seconds") is > 0 and var seconds
        ? DateTimeOffset.FromUnixTimeSeconds((long)seconds).ToString("u")
        : "its start";

    private static string RemedyOf(HashSet<string> reasons)
    {
        var remedies = new List<string>();
        Add("untrusted", "the peers' issuers are not in its CA file");
        Add("expired", "renew the peers' certificates");
        Add("not_yet_valid", "compare clocks");
        Add("missing", "give those clients certificates");
        Add("wrong_usage", "issue clients' certificates with clientAuth");
        Add("wrong_plane", "send agents to the agent port and frontends to the frontend port");
        Add("too_many_connections", "find who keeps so many open, or raise --agent-max-connections or --frontend-max-connections");
        Add("aborted", "peers that gave up did not trust its certificate, or had no TLS version or protocol in common");
        Add("timeout", "see who connects and stays silent");
        return $"{(remedies.Count > 0 ? string.Join("; ", remedies) : "look at the peers")}. Its log has each: ClientCertificateRefused, HandshakeFailed";

        void Add(string reason, string remedy)
        {
            if (reasons.Contains(reason))
            {
                remedies.Add($"{reason}: {remedy}");
            }
        }
    }
}
