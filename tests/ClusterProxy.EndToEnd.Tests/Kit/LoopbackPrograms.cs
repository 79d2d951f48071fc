namespace ClusterProxy.EndToEnd.Tests.Kit;

/// <summary>Command lines of the real programs, for loopback and ports of our own choice.</summary>
internal static class LoopbackPrograms
{
    /// <summary>Every flag of upstream's agent, in the form in which upstream's own suite writes them.</summary>
    public static Dictionary<string, string> Agent(string id, TestCertificates agentPlane, int serverPort, int healthPort)
    {
        var client = agentPlane.Client(id);
        return new(StringComparer.Ordinal)
        {
            ["agent-cert"] = client.CertificateFile,
            ["agent-key"] = client.KeyFile,
            ["ca-cert"] = agentPlane.AuthorityFile,
            ["proxy-server-host"] = "127.0.0.1",
            ["proxy-server-port"] = $"{serverPort}",
            ["alpn-proto"] = "[]",
            ["health-server-host"] = "127.0.0.1",
            ["health-server-port"] = $"{healthPort}",
            ["admin-bind-address"] = "127.0.0.1",
            ["admin-server-port"] = $"{FreePorts.Shared.Next()}",
            ["enable-profiling"] = "false",
            ["enable-contention-profiling"] = "false",
            ["agent-id"] = id,
            ["agent-identifiers"] = "",
            ["sync-interval"] = "100ms",
            ["sync-interval-cap"] = "1s",
            ["probe-interval"] = "100ms",
            ["keepalive-time"] = "1h0m0s",
            ["service-account-token-path"] = "",
            ["warn-on-channel-limit"] = "false",
            ["sync-forever"] = "false",
            ["xfr-channel-size"] = "150",
            ["count-server-leases"] = "false",
            ["lease-namespace"] = "kube-system",
            ["lease-label"] = "k8s-app=konnectivity-server",
            ["lease-label-selector"] = "k8s-app=konnectivity-server",
            ["server-count-source"] = "default",
            ["kubeconfig"] = "",
            ["kube-api-content-type"] = "application/vnd.kubernetes.protobuf",
        };
    }

    public static Dictionary<string, string> Server(TestCertificates agentPlane, TestCertificates frontendPlane)
    {
        var agentPort = agentPlane.Server();
        var frontendPort = frontendPlane.Server();
        return new(StringComparer.Ordinal)
        {
            ["mode"] = "auto",
            ["agent-identity"] = "claimed",
            ["server-cert"] = frontendPort.CertificateFile,
            ["server-key"] = frontendPort.KeyFile,
            ["server-ca-cert"] = frontendPlane.AuthorityFile,
            ["server-port"] = $"{FreePorts.Shared.Next()}",
            ["server-bind-address"] = "127.0.0.1",
            ["cluster-cert"] = agentPort.CertificateFile,
            ["cluster-key"] = agentPort.KeyFile,
            ["cluster-ca-cert"] = agentPlane.AuthorityFile,
            ["agent-port"] = $"{FreePorts.Shared.Next()}",
            ["agent-bind-address"] = "127.0.0.1",
            ["health-port"] = $"{FreePorts.Shared.Next()}",
            ["health-bind-address"] = "127.0.0.1",
            ["admin-port"] = $"{FreePorts.Shared.Next()}",
        };
    }

    /// <summary>Frontends come over a Unix socket instead of the TCP port.</summary>
    public static Dictionary<string, string> Server(TestCertificates agentPlane, TestCertificates frontendPlane, string socket)
    {
        var flags = Server(agentPlane, frontendPlane);
        foreach (var flag in new[] { "server-cert", "server-key", "server-ca-cert", "server-bind-address" })
        {
            flags.Remove(flag);
        }

        (flags["uds-name"], flags["server-port"]) = (socket, "0");
        return flags;
    }

    public static ProgramProcess StartAgent(Dictionary<string, string> flags) => ProgramProcess.StartBuilt(BuiltProgram.ProxyAgent, Arguments(flags));

    public static ProgramProcess StartServer(
        Dictionary<string, string> flags, IEnumerable<KeyValuePair<string, string?>>? environment = null) =>
        ProgramProcess.StartBuilt(BuiltProgram.ProxyServer, Arguments(flags), environment);

    private static IEnumerable<string> Arguments(Dictionary<string, string> flags) => flags.Select(static f => $"--{f.Key}={f.Value}");
}
