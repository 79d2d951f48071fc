using ClusterProxy.Server.Agents.Identity;
using static ClusterProxy.Cli.Tests.Doctor.InjectedFault;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Planes, clusters, policies, dials.</summary>
internal static class IdentityFaults
{
    public static IReadOnlyList<InjectedFault> All { get; } =
    [
        Failed("agent's certificate at the frontend port", "frontend.client-plane", "wrong_plane", static b =>
        {
            b.Expect("cluster alpha");
            return [.. b.Hub.FrontendAt(b.Hub.FrontendPort), .. Hub.Pair(b.Hub.Frontends.Client("agent", "spiffe://hub/cluster/alpha"))];
        }),
        Failed("agent's certificate at the frontend port, as the server sees it", "frontend.login", "certificate_refused", static b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Hub.FrontendPort)), .. Hub.Pair(b.Hub.Frontends.Client("agent", "spiffe://hub/cluster/alpha"))]),
        Failed("frontend's certificate at the agent port", "agent-port.client-cluster", "wrong_plane", static b =>
        {
            b.Expect("frontend ops");
            return AsAgent(b, b.Hub.Agents.Client("ops", "spiffe://hub/frontend/ops"));
        }),
        Warning("agent's certificate without a cluster", "agent-port.client-cluster", "no_cluster", static b => AsAgent(b, b.Hub.Agents.Client(b.Expect("somebody")))),
        Failed("agent's certificate with a malformed cluster", "agent-port.client-cluster", "bad_identity", static b =>
            AsAgent(b, b.Hub.Agents.Client("agent", b.Expect("spiffe://hub/cluster/a.b")))),
        Failed("agent that announces another cluster", "agent-port.identifiers", "foreign_identifier", static b =>
        {
            b.Expect("cluster alpha");
            return [.. b.Hub.AsAgent, "--agent-identifiers", b.Expect("host=beta")];
        }),
        Failed("agent's identifiers that cannot be read", "agent-port.identifiers", "bad_identifiers", static b =>
            [.. b.Hub.AsAgent, "--agent-identifiers", b.Expect("host=a;host=b")]),
        Warning("agent that announces another cluster to a server that believes it", "agent-port.identifiers", "foreign_identifier", static async b =>
        {
            var page = b.Keep(await HealthPageStub.StartAsync("clusterproxy_server_agent_identity_info{mode=\"claimed\"} 1\n"));
            return [.. b.Hub.AsAgent, "--agent-identifiers", b.Expect("host=beta"), "--health-url", page.Url];
        }),
        Failed("policy with an unknown key", "policy.file", "bad_policy", static b =>
        {
            b.Expect("line 3");
            return ["--frontend-policy", b.Expect(b.Write("policy.yaml", "rules:\n- subjects: [\"*\"]\n  hostz: [a]\n"))];
        }),
        Warning("policy without rules", "policy.file", "empty_policy", static b => ["--frontend-policy", b.Expect(b.Write("policy.yaml", "rules: []\n"))]),
        Failed("policy that does not allow the dial", "policy.dial", "denied", static b =>
            [.. b.Hub.AsFrontend, "--frontend-policy", b.Expect(b.Hub.Policy), "--cluster", b.Expect("beta")]),
        Failed("policy that does not know this process", "policy.dial", "denied", static b =>
        {
            b.Expect("uid:");
            return ["--server", $"unix://{b.Hub.Socket}", "--frontend-policy", b.Hub.Policy, "--cluster", b.Expect("alpha")];
        }),
        Failed("server that denies the dial", "dial", "denied", static b => [.. b.Hub.AsFrontend, "--cluster", b.Expect("beta:443")]),
        Failed("cluster without an agent", "dial", "no_agent", static b => [.. b.Hub.AsFrontend, "--cluster", b.Expect("gamma")]),
        Failed("cluster without an agent, by CONNECT", "dial", "no_agent", static b =>
            [.. b.Hub.AsFrontend, "--transport", "http-connect", "--cluster", b.Expect("gamma")]),
        Warning("target that the agent does not reach", "dial", "target_unreachable", static b => [.. b.Hub.AsFrontend, "--cluster", b.Expect("alpha:1")]),
        Warning("server that believes what agents claim", "server.identity", "identity_claimed", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { AgentIdentity = AgentIdentityMode.Claimed, FrontendUdsName = "" }));
            return ["--health-url", b.Expect($"http://127.0.0.1:{server.HealthPort}")];
        }),
        Warning("server that lacks an addition to the wire", "frontend.wire", "wire_skew", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { WithoutFeatures = Protocol.TunnelFeatureSet.HalfClose, FrontendUdsName = "" }));
            b.Expect("half-close");
            return [.. b.Hub.FrontendAt(server.FrontendPort), .. Hub.Pair(b.Hub.Cli)];
        }),
        Warning("agent that knows an addition that the server lacks", "wire", "wire_skew", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { WithoutFeatures = Protocol.TunnelFeatureSet.Drain, FrontendUdsName = "" }));
            b.Expect("drain");
            return ["--health-url", b.Expect($"http://127.0.0.1:{server.HealthPort}"), b.Hub.AgentHealth];
        }),
    ];

    private static string[] AsAgent(FaultBench bench, TestCertificate certificate) =>
        [.. bench.Hub.AgentAt($"127.0.0.1:{bench.Hub.AgentPort}"), "--agent-cert", certificate.CertificateFile, "--agent-key", certificate.KeyFile];
}
