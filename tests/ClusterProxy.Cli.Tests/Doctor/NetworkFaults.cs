using ClusterProxy.Server;
using static ClusterProxy.Cli.Tests.Doctor.InjectedFault;

namespace ClusterProxy.Cli.Tests.Doctor;

/// <summary>Addresses, ports, proxies, clocks.</summary>
internal static class NetworkFaults
{
    public static IReadOnlyList<InjectedFault> All { get; } =
    [
        Failed("port that refuses", "frontend.connect", "connection_refused", static b => [.. b.Hub.FrontendAt(b.Expect(b.Keep(new RefusingPort()).Port))]),
        Failed("port behind a firewall that drops", "frontend.connect", "timeout", static async b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Keep(await BlackHole.CreateAsync()).Port)), "--timeout", "1"]),
        Failed("host that does not exist", "frontend.address", "no_such_host", static b => ["--server", $"https://{b.Expect("no-such-host.invalid")}:8090"]),
        Failed("agent port's host that does not exist", "agent-port.address", "no_such_host", static b => ["--agent-address", $"{b.Expect("no-such-host.invalid")}:8091"]),
        Failed("socket that does not exist", "frontend.connect", "no_socket", static b => ["--server", $"unix://{b.Expect("/no/such.sock")}"]),
        Failed("plain HTTP where TLS is expected", "frontend.protocol", "plain_http", static async b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Keep(await HealthPageStub.StartAsync("", "no", 503)).Port))]),
        Failed("health port in place of the frontend port", "frontend.protocol", "health_port", static b =>
            [.. b.Hub.FrontendAt(b.Expect(new Uri(b.Hub.ServerHealth).Port))]),
        Failed("TLS where plain is expected", "frontend.protocol", "tls_expected", static b => ["--server", $"http://127.0.0.1:{b.Expect(b.Hub.FrontendPort)}"]),
        Failed("port that stays silent", "frontend.protocol", "silent", static b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Keep(new SinkTarget()).Port)), "--timeout", "3"]),
        Failed("agent port in place of the frontend port, CAs at hand", "frontend.chain", "other_plane", static b =>
            [.. b.Hub.FrontendAt(b.Expect(b.Hub.AgentPort)), .. Hub.Pair(b.Hub.Cli), "--cluster-ca-cert", b.Hub.Agents.AuthorityFile]),
        Failed("agent port in place of the frontend port, one CA", "frontend.port", "agent_port", static b =>
            ["--server", $"https://127.0.0.1:{b.Expect(b.Hub.AgentPort)}", "--ca", b.Hub.Agents.AuthorityFile, .. Hub.Pair(b.Hub.Agents.Client("someone"))]),
        Failed("frontend port in place of the agent port", "agent-port.port", "frontend_port", static b =>
        [
            "--agent-address", $"127.0.0.1:{b.Expect(b.Hub.FrontendPort)}", "--agent-ca", b.Hub.Frontends.AuthorityFile,
            "--agent-cert", b.Hub.Cli.CertificateFile, "--agent-key", b.Hub.Cli.KeyFile,
        ]),
        Failed("web server in place of the frontend port", "frontend.protocol", "other_program", static async b =>
            ["--server", $"https://127.0.0.1:{b.Expect(b.Keep(await HttpTarget.StartAsync(b.Hub.Frontends.Server().Certificate)).Port)}", "--ca", b.Hub.Frontends.AuthorityFile]),
        Failed("CONNECT asked of a server without it", "frontend.port", "grpc_only", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(o => o with { Mode = FrontendMode.Grpc, FrontendUdsName = b.Hub.Socket + "-g" }));
            Assert.NotEqual(0, server.FrontendPort);
            return ["--server", b.Expect($"unix://{b.Hub.Socket}-g"), "--transport", "http-connect"];
        }),
        Failed("CONNECT asked of a TLS port without it", "frontend.protocol", "no_common_protocol", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { Mode = FrontendMode.Grpc, FrontendUdsName = "" }));
            return [.. b.Hub.FrontendAt(b.Expect(server.FrontendPort)), .. Hub.Pair(b.Hub.Cli), "--transport", "http-connect"];
        }),
        Failed("gRPC asked of a server of CONNECT", "frontend.port", "connect_only", static async b =>
        {
            var server = b.Keep(await b.Hub.StartServerAsync(static o => o with { Mode = FrontendMode.HttpConnect, FrontendUdsName = "" }));
            return [.. b.Hub.FrontendAt(b.Expect(server.FrontendPort)), .. Hub.Pair(b.Hub.Cli)];
        }),
        Warning("proxy that does not answer", "environment.proxy", "proxy_in_the_way", static b =>
        {
            b.Environment["HTTPS_PROXY"] = $"http://someone:s3cr3t@127.0.0.1:{b.Expect(b.Keep(new RefusingPort()).Port)}";
            return b.Hub.AgentAt($"{b.Expect("hub.example")}:8091");
        }),
        Failed("proxy that refuses", "agent-port.connect", "proxy_refused", static async b =>
        {
            // It serves GET; CONNECT is not found there.
            b.Environment["HTTPS_PROXY"] = new Uri(b.Keep(await HealthPageStub.StartAsync("")).Url).Authority;
            return b.Hub.AgentAt(b.Expect("hub.example:8091"));
        }),
        Failed("proxy of a kind that is not supported", "environment.proxy", "bad_proxy", static b =>
        {
            b.Environment["HTTPS_PROXY"] = $"{b.Expect("socks5")}://someone:s3cr3t@proxy:1080";
            return b.Hub.AsFrontend;
        }),
        Warning("clock half a minute behind", "frontend.clock", "clock_skew", static b =>
        {
            b.Time = new ShiftedTime(TimeSpan.FromSeconds(-30));
            b.Expect("ahead");
            return b.Hub.AsFrontend;
        }),
        Failed("clock two minutes ahead, by the agent port", "agent-port.clock", "clock_skew", static b =>
        {
            b.Time = new ShiftedTime(TimeSpan.FromMinutes(2));
            b.Expect("behind");
            return b.Hub.AsAgent;
        }),
        Failed("clock two minutes ahead, by the health port", "server.clock", "clock_skew", static b =>
        {
            b.Time = new ShiftedTime(TimeSpan.FromMinutes(2));
            return ["--health-url", b.Expect(b.Hub.ServerHealth)];
        }),
    ];
}
