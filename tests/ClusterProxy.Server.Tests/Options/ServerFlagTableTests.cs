namespace ClusterProxy.Server.Tests.Options;

/// <summary>Every flag of the server by name and default, as the documentation of upstream's server lists them.</summary>
public sealed class ServerFlagTableTests
{
    private static readonly (string Name, string Default)[] _upstream =
    [
        ("server-cert", ""),
        ("server-key", ""),
        ("server-ca-cert", ""),
        ("cluster-cert", ""),
        ("cluster-key", ""),
        ("cluster-ca-cert", ""),
        ("mode", "grpc"),
        ("uds-name", ""),
        ("delete-existing-uds-file", "true"),
        ("server-port", "8090"),
        ("server-bind-address", ""),
        ("agent-port", "8091"),
        ("agent-bind-address", ""),
        ("health-port", "8092"),
        ("health-bind-address", ""),
        ("admin-port", "8095"),
        ("admin-bind-address", "127.0.0.1"),
        ("keepalive-time", "1h0m0s"),
        ("frontend-keepalive-time", "1h0m0s"),
        ("enable-profiling", "false"),
        ("enable-contention-profiling", "false"),
        ("server-id", "a random UUID"),
        ("server-count", "1"),
        ("agent-namespace", ""),
        ("agent-service-account", ""),
        ("authentication-audience", ""),
        ("kubeconfig", ""),
        ("kubeconfig-qps", "0"),
        ("kubeconfig-burst", "0"),
        ("kube-api-content-type", "application/vnd.kubernetes.protobuf"),
        ("proxy-strategies", "default"),
        ("cipher-suites", ""),
        ("tls-min-version", ""),
        ("xfr-channel-size", "10"),
        ("frontend-write-channel-size", "10"),
        ("enable-lease-controller", "false"),
        ("lease-namespace", "kube-system"),
        ("lease-label", "k8s-app=konnectivity-server"),
        ("graceful-shutdown-timeout", "30s"),
        ("backend-dial-timeout", "30s"),
        ("warn-on-channel-limit", "true"),
        ("v", "4"),
        ("vmodule", ""),
        ("stderrthreshold", "2"),
        ("log-backtrace-at", ":0"),
        ("log-dir", ""),
        ("log-file", ""),
        ("log-file-max-size", "1800"),
        ("logtostderr", "true"),
        ("alsologtostderr", "false"),
        ("legacy-stderr-threshold-behavior", "true"),
        ("alsologtostderrthreshold", ""),
        ("add-dir-header", "false"),
        ("skip-headers", "false"),
        ("skip-log-headers", "false"),
        ("one-output", "false"),
        ("help", "false"),
        ("version", "false"),
    ];

    private static readonly (string Name, string Default)[] _additions =
    [
        ("insecure-agent-port", "false"),
        ("frontend-uds-name", ""),
        ("max-message-size", "4194304"),
        ("connection-buffer-size", "1048576"),
        ("buffer-budget", "536870912"),
        ("connection-stall-limit", "10s"),
        ("connect-head-timeout", "10s"),
        ("peer-ping-interval", "30s"),
        ("max-pending-dials", "10000"),
        ("shutdown-delay", "5s"),
        ("without-features", ""),
        ("certificate-expiry-warning", "168h0m0s"),
        ("compact-memory-after", "30s"),
        ("agent-identity", "auto"),
        ("agent-token-identifiers", ""),
        ("agent-token-cluster", "none"),
        ("frontend-policy", ""),
        ("audit-log-path", ""),
        ("agent-handshake-rate", "0"),
        ("agent-max-connections", "10000"), ("frontend-max-connections", "10000"), ("max-connections-per-frontend", "50000"),
        ("audit-log-maxsize", "100"),
        ("audit-log-maxbackup", "10"),
        ("servers", ""),
        ("servers-file", ""),
        ("servers-dns", ""),
        ("servers-leases", ""),
        ("fan-out", "mesh"),
        ("peers", ""),
        ("peers-dns", ""),
        ("peers-leases", ""),
        ("peer-port", "8096"),
        ("peer-bind-address", ""),
        ("peer-cert", ""),
        ("peer-key", ""),
        ("peer-ca-cert", ""),
    ];

    [Fact]
    public void Flags_All_AreThoseOfTheTableWithTheirDefaults() =>
        Assert.Equal(
            _upstream.Concat(_additions).OrderBy(flag => flag.Name, StringComparer.Ordinal),
            new ProxyServerFlags().Set.Flags
                .Select(flag => (flag.Name, flag.DefaultText))
                .OrderBy(flag => flag.Name, StringComparer.Ordinal));

    [Fact]
    public void Flags_GivenTheirOwnDefaults_Parse()
    {
        var flags = new ProxyServerFlags();
        var args = flags.Set.Flags
            .Where(flag => flag.Name is not "server-id")
            .Select(flag => $"--{flag.Name}={flag.DefaultText}")
            .ToArray();
        var result = flags.Set.Parse([.. args, "--cipher-suites=[]"], _ => null);
        Assert.Equal("", result.Text);
        var (bound, expected) = (flags.Bind(result), new ServerOptions());
        Assert.Equal(expected.ProxyStrategies, bound.ProxyStrategies);
        Assert.Equal(expected.CipherSuites, bound.CipherSuites);
        Assert.Equal(expected.Servers, bound.Servers);
        Assert.Equal(expected.LeaseLabel.ToString(), bound.LeaseLabel.ToString());
        Assert.Equal(
            expected,
            bound with
            {
                ServerId = expected.ServerId,
                OwnFlag = "",
                Peers = expected.Peers,
                ProxyStrategies = expected.ProxyStrategies,
                CipherSuites = expected.CipherSuites,
                Servers = expected.Servers,
                LeaseLabel = expected.LeaseLabel,
            });
    }

    [Fact]
    public void Help_Text_ListsEveryFlagInItsGroup()
    {
        var result = ProxyServerFlags.Parse(["--help"], _ => null);
        Assert.False(result.ShouldRun);
        Assert.Equal(0, result.ExitCode);
        string[] groups =
        [
            "Frontends", "Agents", "Operation", "TLS", "Kubernetes", "ClusterProxy additions", "Accepted without effect", "Logging", "Help",
        ];
        Assert.Equal(groups, new ProxyServerFlags().Set.Flags.Select(flag => flag.Group).Distinct());
        Assert.All(groups, group => Assert.Contains($"\n{group}:\n", result.Text));
        Assert.All(_upstream.Concat(_additions), flag => Assert.Contains($"--{flag.Name}", result.Text));
        Assert.All(
            new ProxyServerFlags().Set.Flags.Where(flag => _additions.Any(addition => addition.Name == flag.Name)),
            flag => Assert.Equal("ClusterProxy additions", flag.Group));
        Assert.All(result.Text.Split('\n'), line => Assert.True(line.Length <= 120, line));
    }

    [Fact]
    public void Version_Text_NamesTheProgram()
    {
        var result = ProxyServerFlags.Parse(["--version"], _ => null);
        Assert.StartsWith("proxy-server 0.", result.Text);
        Assert.Equal(0, result.ExitCode);
    }

    [Theory]
    [InlineData("--agent-prt=1", "unknown flag --agent-prt: did you mean --agent-port?")]
    [InlineData("--kubeconfg=x", "unknown flag --kubeconfg: did you mean --kubeconfig?")]
    [InlineData("--proxy-strategy=x", "unknown flag --proxy-strategy: did you mean --proxy-strategies?")]
    public void UnknownFlag_Error_NamesTheNearest(string argument, string expected)
    {
        var result = ProxyServerFlags.Parse([argument], _ => null);
        Assert.Equal((false, 1, expected), (result.ShouldRun, result.ExitCode, result.Text));
    }
}
