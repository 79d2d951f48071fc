using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Report;

/// <summary>What ours must reach on a two-core machine with everything on it.</summary>
internal static class Requirements
{
    private static readonly Requirement[] _all =
    [
        .. Bulk("download-1"), .. Bulk("upload-1"), .. Bulk("download-8"), .. Bulk("upload-8"),
        Least("download-1", "× ssh -R", 0.9, (row, _) => Ratio(row, "ssh -R")),
        Least("upload-1", "× ssh -R", 0.9, (row, _) => Ratio(row, "ssh -R")),
        Most("echo-1", "p50 over direct, ms", 0.1, (row, direct) => row.P50 - direct?.P50),
        Least("echo-16", "× haproxy", 1.0, (row, _) => Ratio(row, "haproxy")),
        Least("echo-64", "× haproxy", 1.0, (row, _) => Ratio(row, "haproxy")),
        Most("echo-under-bulk", "p99, ms", 3, (row, _) => row.P99),
        Least("echo-under-bulk", "bulk kept %", 90, (row, _) => More(row, "bulk kept %")),
        .. Dial("dial-8"), .. Dial("dial-32"),
        Least("stopped-readers", "throughput kept %", 95, (row, _) => row.Value?.Value),
        DialsKept("stopped-readers"), DialsKept("deaf-target"),
        Least("stopped-readers-1", "resumed intact", 1, (row, _) => More(row, "resumed intact")),
        Least("stopped-readers-32", "resumed intact", 32, (row, _) => More(row, "resumed intact")),
        Least("deaf-target", "echo rate kept %", 95, (row, _) => row.Value?.Value),
        Least("deaf-target", "resumed intact", 1, (row, _) => More(row, "resumed intact")),
        Most("deaf-target", "handles left", 0, (row, _) => More(row, "handles left")),
        Least("download-100ms", "MB/s", 150, (row, _) => row.Value?.Value),
        Least("upload-100ms", "MB/s", 150, (row, _) => row.Value?.Value),
        Most("idle-connections", "KB in the server", 6, (row, _) => row.Value?.Value),
        Most("idle-connections", "KB in the agent", 6, (row, _) => More(row, "KB agent")),
        Most("idle-tunnels", "KB in the server", 60, (row, _) => row.Value?.Value),
        Most("churn", "MiB/min", 1, (row, _) => row.Value?.Value),
        Most("churn", "handles left", 8, (row, _) => More(row, "handles left")),
        Most("churn", "open at target", 0, (row, _) => More(row, "open at target")),
        Most("churn", "tables left", 0, (row, _) => More(row, "tables left")),
        // 60 MB.
        Most("at-rest", "MiB in the agent", 57.2, (row, _) => row.Value?.Value),
    ];

    public static IReadOnlyList<Verdict> Judge(IReadOnlyList<ReportRow> rows, IEnumerable<TopologyPlan> topologies)
    {
        var names = topologies.Select(t => t.Name).ToHashSet();
        return
        [
            .. from requirement in _all
               from row in rows
               where names.Contains(row.Topology)
                   && IsFor(requirement.Scenario, row.Scenario)
                   && row.Topology.StartsWith(requirement.Topology, StringComparison.Ordinal)
               let direct = rows.FirstOrDefault(r => r.Scenario == row.Scenario && r.Topology == "direct")
               let value = requirement.Read(row, direct)
               where value is not null
               select new Verdict(row.Scenario, row.Topology, requirement.What, value.Value, requirement.Text, requirement.IsMet(value.Value)),
        ];
    }

    private static IEnumerable<Requirement> Bulk(string scenario) =>
    [
        Least(scenario, "× haproxy", 0.8, (row, _) => Ratio(row, "haproxy")),
        Most(scenario, "CPU × haproxy", 1.5, (row, _) => row.CpuRatio?.Value),
    ];

    private static Requirement DialsKept(string scenario) =>
        Most(scenario, "dial p99 × before", 2, (row, _) => row.P99 / More(row, "dial p99 before ms"));

    private static IEnumerable<Requirement> Dial(string scenario) =>
    [
        Least(scenario, "× direct", 0.4, (row, _) => Ratio(row, "direct")) with { Topology = "ours connect+uds" },
        Least(scenario, "× direct", 0.5, (row, _) => Ratio(row, "direct")) with { Topology = "ours grpc" },
        Most(scenario, "p99, ms", 25, (row, _) => row.P99),
    ];

    private static bool IsFor(string required, string scenario) =>
        scenario == required || (required == "stopped-readers" && scenario.StartsWith(required, StringComparison.Ordinal));

    private static Requirement Least(string scenario, string what, double bound, Func<ReportRow, ReportRow?, double?> read) =>
        new(scenario, what, bound, AtLeast: true, read);

    private static Requirement Most(string scenario, string what, double bound, Func<ReportRow, ReportRow?, double?> read) =>
        new(scenario, what, bound, AtLeast: false, read);

    private static double? Ratio(ReportRow row, string reference) => row.Ratios.GetValueOrDefault(reference)?.Value;

    private static double? More(ReportRow row, string name) => row.More.TryGetValue(name, out var value) ? value : null;
}
