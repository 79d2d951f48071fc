using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>Whether the gateway serves, and what it says of its clusters.</summary>
internal static class GatewayChecks
{
    private const int Ok = 200;
    private const int NotReady = 500;

    /// <summary>By the port that its callers use; anybody may ask.</summary>
    public static Finding Ready(PortSubject port)
    {
        var id = $"{port.Id}.answer";
        var what = $"whether {port.Text} serves";
        return port.Facts.LoginFault is { } login ? Finding.Failed(id, what, login)
            : port.Facts.Answer is not { } answer ? Finding.NotChecked(id, what, ReachChecks.Because(port))
            : answer.Status == Ok && answer.Text.StartsWith("ok", StringComparison.Ordinal) ? Finding.Ok(id, $"{port.Text} answers {port.Facts.Target.Path} with ok")
            : Finding.Failed(id, what, answer.Status == NotReady && answer.Text.Contains("[-]", StringComparison.Ordinal)
                ? new Fault("not_ready", $"{port.Text} is not ready: {answer.Text[answer.Text.IndexOf("[-]", StringComparison.Ordinal)..]}", "see its log, and doctor with --health-url of the gateway")
                : new Fault("other_program", $"{port.Text} is no gateway: it answered {port.Facts.Target.Path} with HTTP {answer.Status}", $"give the gateway's port, by default {port.DefaultPort}"));
    }

    public static Finding Clusters(PageFacts page)
    {
        const string Id = "gateway.clusters";
        var known = page.Sum("clusterproxy_gateway_clusters");
        var problems = page.Sum("clusterproxy_gateway_cluster_problems");
        var what = $"{page.Text} knows {known:0} clusters, and {problems:0} descriptions that cannot be used";
        return (known, problems) switch
        {
            (_, > 0) => Finding.Warning(Id, what, new Fault("cluster_problems", $"{page.Text} leaves out {problems:0} descriptions of clusters", "see its log for DescriptionRefused: it names each Secret or file, and why")),
            (0, _) => Finding.Warning(Id, what, new Fault("no_clusters", $"{page.Text} knows no cluster", "describe one by a Secret in --secret-namespace, or by a file in --clusters-dir")),
            _ => Finding.Ok(Id, what),
        };
    }

    public static Finding Trust(PageFacts page)
    {
        const string Id = "gateway.trust";
        var insecure = page.Sum("clusterproxy_gateway_insecure_clusters");
        return insecure == 0
            ? Finding.Ok(Id, $"{page.Text} checks the certificate of every cluster")
            : Finding.Warning(
                Id, $"whether {page.Text} checks the certificates of clusters",
                new Fault("insecure_clusters", $"{page.Text} sends its credential to {insecure:0} clusters whoever answers for them", "see its log for ClusterInsecure, and give those descriptions the cluster's CA"));
    }

    public static Finding Reach(PageFacts page)
    {
        const string Id = "gateway.reach";
        var opened = page.Sum("clusterproxy_gateway_circuits_opened_total");
        var failures = string.Join(", ", page.Of("clusterproxy_gateway_request_failures_total").Where(static s => s.Value > 0).Select(static s => $"{s.Label("reason")} {s.Value:0}"));
        return opened == 0
            ? Finding.Ok(Id, $"{page.Text} has taken no cluster for unreachable")
            : Finding.Warning(
                Id, $"whether {page.Text} reaches its clusters",
                new Fault("clusters_unreachable", $"{page.Text} took clusters for unreachable {opened:0} times; requests that got no answer, by reason: {(failures.Length > 0 ? failures : "none")}", "see its log for the clusters, and dial one: doctor with --server and --cluster"));
    }
}
