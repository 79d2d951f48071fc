namespace ClusterProxy.Agent.Tests.Options;

/// <summary>Every flag of the agent by name and default, as the documentation of upstream's agent lists them.</summary>
public sealed class AgentFlagTableTests
{
    private static readonly (string Name, string Default)[] _upstream =
    [
        ("agent-cert", ""),
        ("agent-key", ""),
        ("ca-cert", ""),
        ("proxy-server-host", "127.0.0.1"),
        ("proxy-server-port", "8091"),
        ("alpn-proto", ""),
        ("health-server-host", ""),
        ("health-server-port", "8093"),
        ("admin-bind-address", "127.0.0.1"),
        ("admin-server-port", "8094"),
        ("enable-profiling", "false"),
        ("enable-contention-profiling", "false"),
        ("agent-id", "a random UUID"),
        ("agent-identifiers", ""),
        ("sync-interval", "1s"),
        ("sync-interval-cap", "10s"),
        ("probe-interval", "1s"),
        ("keepalive-time", "1h0m0s"),
        ("service-account-token-path", ""),
        ("warn-on-channel-limit", "false"),
        ("sync-forever", "false"),
        ("xfr-channel-size", "150"),
        ("count-server-leases", "false"),
        ("lease-namespace", "kube-system"),
        ("lease-label-selector", "k8s-app=konnectivity-server"),
        ("server-count-source", "default"),
        ("kubeconfig", ""),
        ("kube-api-content-type", "application/vnd.kubernetes.protobuf"),
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
        ("allow-target", ""),
        ("deny-target", ""),
        ("allow-metadata-targets", "false"),
        ("target-alias", ""),
        ("dial-timeout", "5s"),
        ("drain-timeout", "30s"),
        ("connect-timeout", "10s"),
        ("tunnels-per-server", "2"),
        ("connection-buffer-size", "1048576"),
        ("buffer-budget", "134217728"),
        ("max-connections", "50000"),
        ("connection-stall-limit", "10s"),
        ("max-message-size", "4194304"),
        ("peer-ping-interval", "30s"),
        ("without-features", ""),
        ("certificate-expiry-warning", "168h0m0s"),
        ("compact-memory-after", "30s"),
    ];

    [Fact]
    public void Flags_All_AreThoseOfTheTableWithTheirDefaults() =>
        Assert.Equal(
            _upstream.Concat(_additions).OrderBy(flag => flag.Name, StringComparer.Ordinal),
            new ProxyAgentFlags().Set.Flags
                .Select(flag => (flag.Name, flag.DefaultText))
                .OrderBy(flag => flag.Name, StringComparer.Ordinal));

    [Fact]
    public void Flags_GivenTheirOwnDefaults_Parse()
    {
        var flags = new ProxyAgentFlags();
        var args = flags.Set.Flags
            .Where(flag => flag.Name is not "agent-id")
            .Select(flag => $"--{flag.Name}={flag.DefaultText}");
        var result = flags.Set.Parse([.. args], _ => null);
        Assert.Equal("", result.Text);
        var (bound, expected) = (flags.Bind(result), new AgentOptions());
        Assert.Equal(expected.Servers, bound.Servers);
        Assert.Empty(bound.AlpnProto);
        Assert.Empty(bound.AllowTarget);
        Assert.Empty(bound.DenyTarget);
        Assert.Empty(bound.TargetAlias);
        Assert.Equal(
            expected,
            bound with
            {
                AgentId = expected.AgentId,
                ProxyServerHost = expected.ProxyServerHost,
                AlpnProto = expected.AlpnProto,
                AllowTarget = expected.AllowTarget,
                DenyTarget = expected.DenyTarget,
                TargetAlias = expected.TargetAlias,
            });
    }

    [Fact]
    public void Flags_AsUpstreamsFrameworkPassesThem_Parse()
    {
        var directory = Directory.CreateTempSubdirectory();
        try
        {
            var file = Path.Combine(directory.FullName, "pem");
            File.WriteAllText(file, "");
            var result = ProxyAgentFlags.Parse(
                [
                    $"--agent-cert={file}", $"--agent-key={file}", $"--ca-cert={file}", "--proxy-server-host=127.0.0.1",
                    "--proxy-server-port=38091", "--alpn-proto=[]", "--health-server-host=", "--health-server-port=38093",
                    "--admin-bind-address=127.0.0.1", "--admin-server-port=38094", "--enable-profiling=false",
                    "--enable-contention-profiling=false", "--agent-id=9a8c1c4e", "--agent-identifiers=", "--sync-interval=100ms",
                    "--probe-interval=100ms", "--sync-interval-cap=10s", "--keepalive-time=1h0m0s", "--service-account-token-path=",
                    "--warn-on-channel-limit=false", "--sync-forever=false", "--xfr-channel-size=150", "--count-server-leases=false",
                    "--lease-namespace=", "--lease-label=", "--server-count-source=default", "--kubeconfig=",
                    "--kube-api-content-type=application/vnd.kubernetes.protobuf",
                ],
                _ => null);
            Assert.Equal("", result.Text);
            Assert.True(result.ShouldRun);
            Assert.Equal(TimeSpan.FromMilliseconds(100), result.Options.SyncInterval);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void Help_Text_ListsEveryFlagInItsGroup()
    {
        var result = ProxyAgentFlags.Parse(["-h"], _ => null);
        Assert.Equal((false, 0), (result.ShouldRun, result.ExitCode));
        string[] groups =
        [
            "Servers", "Finding servers", "Operation", "Kubernetes", "ClusterProxy additions", "Accepted without effect", "Logging", "Help",
        ];
        Assert.Equal(groups, new ProxyAgentFlags().Set.Flags.Select(flag => flag.Group).Distinct());
        Assert.All(groups, group => Assert.Contains($"\n{group}:\n", result.Text));
        Assert.All(_upstream.Concat(_additions), flag => Assert.Contains($"--{flag.Name}", result.Text));
        Assert.All(
            new ProxyAgentFlags().Set.Flags.Where(flag => _additions.Any(addition => addition.Name == flag.Name)),
            flag => Assert.Equal("ClusterProxy additions", flag.Group));
    }

    [Fact]
    public void Version_Text_NamesTheProgram() => Assert.StartsWith("proxy-agent 0.", ProxyAgentFlags.Parse(["--version"], _ => null).Text);

    [Theory]
    [InlineData("--proxy-sever-host=x", "unknown flag --proxy-sever-host: did you mean --proxy-server-host?")]
    [InlineData("--agent-identifier=x", "unknown flag --agent-identifier: did you mean --agent-identifiers?")]
    public void UnknownFlag_Error_NamesTheNearest(string argument, string expected)
    {
        var result = ProxyAgentFlags.Parse([argument], _ => null);
        Assert.Equal((false, 1, expected), (result.ShouldRun, result.ExitCode, result.Text));
    }
}
