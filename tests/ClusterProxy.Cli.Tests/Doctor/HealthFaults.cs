using System.Net;
using ClusterProxy.Agent;
using static ClusterProxy.Cli.Tests.Doctor.InjectedFault;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Readiness, metrics, versions. Real programs where they can be brought to it quickly, else their pages.</summary>
internal static class HealthFaults
{
    public static IReadOnlyList<InjectedFault> All { get; } =
    [
        Failed("health port that refuses", "health.page", "connection_refused", static b => ["--health-url", $"http://{b.Expect(b.Keep(new RefusingPort()).Address)}"]),
        Failed("health port that is a TLS port", "health.page", "no_http", static b => ["--health-url", $"http://127.0.0.1:{b.Expect(b.Hub.FrontendPort)}"]),
        Failed("health port of another program", "health.page", "other_program", static async b =>
            ["--health-url", b.Expect(b.Keep(await HealthPageStub.StartAsync("up 1\n")).Url)]),
        Failed("health port that stays silent", "health.page", "timeout", static b =>
            ["--health-url", $"http://{b.Expect(b.Keep(new SinkTarget()).Address)}", "--timeout", "1"]),
        Failed("server without agents", "server.agents", "no_agents", static async b => ["--health-url", b.Expect(await LonelyServerAsync(b))]),
        Failed("server that is not ready", "server.ready", "not_ready", static async b =>
        {
            b.Expect("no connection to any proxy agent");
            return ["--health-url", await LonelyServerAsync(b)];
        }),
        Failed("agent that reaches no server", "agent.servers", "no_server", static async b => ["--health-url", await LostAgentAsync(b)]),
        Failed("agent that is not ready", "agent.ready", "not_ready", static async b =>
        {
            b.Expect("no servers connected");
            return ["--health-url", await LostAgentAsync(b)];
        }),
        Warning("agent with a server too few", "agent.servers", "servers_missing", static async b =>
            ["--health-url", await PageAsync(
                b, "konnectivity_network_proxy_agent_known_server_count 3\nkonnectivity_network_proxy_agent_open_server_connections 2\n"
                + $"clusterproxy_agent_connect_attempts_total{{result=\"{b.Expect("tls")}\"}} 4\n")]),
        Warning("server whose agents all drain", "server.agents", "only_draining", static async b =>
            ["--health-url", await PageAsync(b, "clusterproxy_server_agent_tunnels{state=\"ready\"} 0\nclusterproxy_server_agent_tunnels{state=\"draining\"} 2\n")]),
        Warning("server some of whose agents drain", "server.agents", "draining", static async b =>
            ["--health-url", await PageAsync(b, "clusterproxy_server_agent_tunnels{state=\"ready\"} 1\nclusterproxy_server_agent_tunnels{state=\"draining\"} 2\n")]),
        Warning("server that does not reach another", "server.peers", "peers_unreachable", static async b =>
            ["--health-url", await PageAsync(b, "clusterproxy_server_peers{state=\"wanted\"} 2\nclusterproxy_server_peers{state=\"connected\"} 1\n")]),
        Warning("server that has refused certificates", "server.handshakes", "handshake_failures", static async b =>
        {
            b.Expect("frontend untrusted 1");
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { FrontendUdsName = "" }));
            await DoctorRun.OfAsync([.. b.Hub.FrontendAt(server.FrontendPort), .. Hub.Pair(b.Keep(new TestCertificates("strangers")).Client())]);
            return ["--health-url", b.Expect($"http://127.0.0.1:{server.HealthPort}")];
        }),
        Warning("server that has refused agents", "server.refusals", "agents_refused", static async b =>
            ["--health-url", await PageAsync(b, $"clusterproxy_server_agents_refused_total{{reason=\"{b.Expect("foreign_identifier")}\"}} 7\n")]),
        Warning("server that could not reload a certificate", "server.reloads", "reload_failures", static async b =>
        {
            b.Expect("agent serving");
            return ["--health-url", await PageAsync(b, "clusterproxy_server_certificate_reloads_total{plane=\"agent\",role=\"serving\",result=\"failure\"} 1\n")];
        }),
        Warning("server that could not reload its policy", "server.reloads", "reload_failures", static async b =>
        {
            b.Expect("frontend policy");
            return ["--health-url", await PageAsync(b, "clusterproxy_server_policy_reloads_total{result=\"failure\"} 1\n")];
        }),
        Warning("agent that could not reload a certificate", "agent.reloads", "reload_failures", static async b =>
        {
            b.Expect("server client");
            return ["--health-url", await PageAsync(b, "clusterproxy_agent_certificate_reloads_total{plane=\"server\",role=\"client\",result=\"failure\"} 2\n")];
        }),
        Warning("server that has lost audit lines", "server.audit", "audit_lost", static async b =>
            ["--health-url", await PageAsync(b, "clusterproxy_server_audit_lines_total{result=\"dropped\"} 5\n")]),
        Warning("server that warns of a certificate", "server.certificates", "certificate_ends", static async b =>
        {
            b.Expect("--server-cert=a.crt");
            var page = await HealthPageStub.StartAsync("clusterproxy_server_x 1\n", "ok\nwarning: the certificate of --server-cert=a.crt expires at 2026-01-01\n");
            return ["--health-url", b.Keep(page).Url];
        }),
        Warning("programs of different versions", "versions", "version_skew", static async b =>
            ["--health-url", b.Hub.ServerHealth, await PageAsync(b, $"clusterproxy_agent_build_info{{version=\"{b.Expect("0.0.9")}\",features=\"ping\"}} 1\n")]),
    ];

    private static async Task<string> PageAsync(FaultBench bench, string metrics) => bench.Expect(bench.Keep(await HealthPageStub.StartAsync(metrics)).Url);

    private static async Task<string> LonelyServerAsync(FaultBench bench)
    {
        var server = bench.Keep(await bench.Hub.StartServerAsync(static o => o with { FrontendUdsName = "" }));
        return $"http://127.0.0.1:{server.HealthPort}";
    }

    private static async Task<string> LostAgentAsync(FaultBench bench)
    {
        using var log = new FailOnErrorLog();
        var agent = bench.Keep(await ProxyAgentHost.StartAsync(
            new AgentOptions
            {
                CaCert = bench.Hub.Agents.AuthorityFile,
                ProxyServerHost = [new HostPort("127.0.0.1", bench.Keep(new RefusingPort()).Port)],
                HealthServerHost = IPAddress.Loopback,
                HealthServerPort = 0,
                AdminServerPort = 0,
            },
            log.CreateFactory(), TimeProvider.System, static _ => null).DefaultTimeout());
        return bench.Expect($"http://127.0.0.1:{agent.HealthPort}");
    }
}
