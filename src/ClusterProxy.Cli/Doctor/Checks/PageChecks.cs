using ClusterProxy.Cli.Doctor.Facts;
using ClusterProxy.Cli.Doctor.Report;

namespace ClusterProxy.Cli.Doctor.Checks;

/// <summary>What programs say of themselves on their health ports.</summary>
internal static class PageChecks
{
    public static string Prefix(PageFacts page) => page.Kind switch
    {
        PageKind.Server or PageKind.UpstreamServer => "server",
        PageKind.Agent or PageKind.UpstreamAgent => "agent",
        PageKind.Gateway => "gateway",
        _ => "health",
    };

    public static Finding Health(PageFacts page) => page.Fault is { } fault
        ? Finding.Failed("health.page", page.Text, fault)
        : Finding.Ok("health.page", $"{page.Text} is the health port of {Whose(page)}");

    public static Finding Ready(PageFacts page)
    {
        var id = $"{Prefix(page)}.ready";
        var reasons = string.Join("; ", page.Readiness.Split('\n').Where(static l => !l.StartsWith("[+]", StringComparison.Ordinal)));
        return page.IsReady
            ? Finding.Ok(id, $"{page.Text} is ready")
            : Finding.Failed(id, $"whether {page.Text} is ready", new Fault("not_ready", $"{page.Text} is not ready: {reasons}", RemedyOf(reasons)));
    }

    public static Finding Warnings(PageFacts page)
    {
        var id = $"{Prefix(page)}.certificates";
        var warnings = page.Warnings.ToArray();
        return warnings.Length == 0
            ? Finding.Ok(id, $"{page.Text} warns of no certificate and no file")
            : Finding.Warning(
                id, $"what {page.Text} warns of",
                new Fault("certificate_ends", $"{page.Text}: {string.Join("; ", warnings)}", "renew the certificates that are named, which are taken up within a second; where reading hangs, look at the disk"));
    }

    public static Finding Agents(PageFacts page)
    {
        const string Id = "server.agents";
        var ready = page.Sum("clusterproxy_server_agent_tunnels", static s => s.Label("state") == "ready");
        var draining = page.Sum("clusterproxy_server_agent_tunnels", static s => s.Label("state") == "draining");
        var what = $"{page.Text} has {ready:0} tunnels with agents, and {draining:0} that drain";
        return (ready, draining) switch
        {
            (0, 0) => Finding.Failed(
                Id, what,
                new Fault("no_agents", $"{page.Text} has no tunnel with any agent", "look at the agents: doctor with --agent-address on an agent's machine, and clusterproxy_server_agents_refused_total here")),
            (0, _) => Finding.Warning(
                Id, what, new Fault("only_draining", $"all {draining:0} tunnels of {page.Text} are draining: they serve new dials for want of others, until their agents end", "start the agents that are to take over, wait for their restart, or renew their certificates where these have ended")),
            (_, > 0) => Finding.Warning(Id, what, new Fault("draining", $"{draining:0} of {ready + draining:0} tunnels of {page.Text} are draining", "nothing, while agents are being replaced; else see why they stop")),
            _ => Finding.Ok(Id, what),
        };
    }

    public static Finding Identity(PageFacts page)
    {
        const string Id = "server.identity";
        var mode = page.Of("clusterproxy_server_agent_identity_info").FirstOrDefault()?.Label("mode") ?? "";
        return mode != "claimed" ? Finding.Ok(Id, $"{page.Text} binds what agents announce to their {(mode == "token" ? "token" : "certificate")}") : Finding.Warning(
            Id, $"how {page.Text} knows agents",
            new Fault("identity_claimed", $"{page.Text} believes whatever an agent announces (--agent-identity=claimed)", "issue certificates that name clusters, then run it with --agent-identity=certificate; where agents show tokens, --agent-token-cluster or --agent-token-identifiers"));
    }

    public static Finding Peers(PageFacts page)
    {
        const string Id = "server.peers";
        var wanted = page.Sum("clusterproxy_server_peers", static s => s.Label("state") == "wanted");
        var connected = page.Sum("clusterproxy_server_peers", static s => s.Label("state") == "connected");
        return connected >= wanted
            ? Finding.Ok(Id, wanted == 0 ? $"{page.Text} is told of no other servers" : $"{page.Text} reaches {connected:0} of {wanted:0} other servers")
            : Finding.Warning(
                Id, $"whether {page.Text} reaches the other servers",
                new Fault("peers_unreachable", $"{page.Text} reaches {connected:0} of {wanted:0} other servers", "see its log for PeerUnreachable: the address, --peer-ca-cert, or a certificate without spiffe://…/server/…"));
    }

    public static Finding Servers(PageFacts page)
    {
        const string Id = "agent.servers";
        var known = page.Sum("konnectivity_network_proxy_agent_known_server_count");
        var open = page.Sum("konnectivity_network_proxy_agent_open_server_connections");
        var what = $"{page.Text} has tunnels to {open:0} of {known:0} servers";
        if (open > 0 && open >= known)
        {
            return Finding.Ok(Id, what);
        }

        var attempts = string.Join(", ", page.Of("clusterproxy_agent_connect_attempts_total").Where(static s => s.Value > 0).Select(static s => $"{s.Label("result")} {s.Value:0}"));
        var fault = new Fault(
            open == 0 ? "no_server" : "servers_missing", $"{what}; its attempts so far, by the step where they ended: {(attempts.Length > 0 ? attempts : "none")}",
            "see the agent's log for ConnectFailed, which names the check that failed; doctor with --agent-address on that machine goes the same way");
        return open == 0 ? Finding.Failed(Id, what, fault) : Finding.Warning(Id, what, fault);
    }

    public static string Whose(PageFacts page) => page.Kind switch
    {
        PageKind.Server => "a proxy-server",
        PageKind.Agent => "an agent",
        PageKind.Gateway => "a gateway",
        PageKind.UpstreamServer => "upstream's proxy-server",
        PageKind.UpstreamAgent => "upstream's agent",
        _ => "something else",
    };

    private static string RemedyOf(string reasons) =>
        reasons.Contains("no connection to any proxy agent", StringComparison.Ordinal) ? "see why no agent is connected: the agents' own /readyz and logs"
        : reasons.Contains("shutting down", StringComparison.Ordinal) || reasons.Contains("draining", StringComparison.Ordinal) ? "it is on its way out: wait for the one that replaces it"
        : reasons.Contains("no servers connected", StringComparison.Ordinal) ? "see the agent's log for ConnectFailed, which names the check that failed"
        : reasons.Contains("clusters failed", StringComparison.Ordinal) ? "see its log: whether the hub's API answers, and whether the gateway may list Secrets"
        : reasons.Contains("authentication failed", StringComparison.Ordinal) ? "see whether the gateway may read the ConfigMap extension-apiserver-authentication in kube-system"
        : "mend what the reason names";
}
