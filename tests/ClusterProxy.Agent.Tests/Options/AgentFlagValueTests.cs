using System.Net;

namespace ClusterProxy.Agent.Tests.Options;

public sealed class AgentFlagValueTests
{
    [Fact]
    public void Parse_EveryFlag_ReachesItsOption()
    {
        var options = Bind(
            "--agent-cert=a", "--agent-key=b", "--ca-cert=c", "--proxy-server-host=d,e:2", "--proxy-server-port=1", "--alpn-proto=f,g",
            "--health-server-host=127.0.0.2", "--health-server-port=3", "--admin-bind-address=::1", "--admin-server-port=4",
            "--enable-profiling", "--enable-contention-profiling", "--agent-id=h", "--agent-identifiers=host=i", "--sync-interval=1m",
            "--sync-interval-cap=2m", "--probe-interval=3m", "--keepalive-time=4m", "--service-account-token-path=j",
            "--warn-on-channel-limit", "--sync-forever", "--xfr-channel-size=5", "--count-server-leases", "--lease-namespace=k",
            "--lease-label-selector=l in (m,n)", "--server-count-source=max", "--kubeconfig=o", "--kube-api-content-type=p",
            "--allow-target=q,r", "--allow-target=s", "--deny-target=t", "--allow-metadata-targets", "--target-alias=u=v",
            "--dial-timeout=5m", "--drain-timeout=6m", "--connect-timeout=7m", "--connection-buffer-size=6", "--buffer-budget=99", "--connection-stall-limit=8m",
            "--tunnels-per-server=10", "--max-message-size=7", "--peer-ping-interval=9m", "--certificate-expiry-warning=10m", "-v=8",
            "--without-features=ping,lanes", "--compact-memory-after=11m");
        var expected = new AgentOptions
        {
            AgentCert = "a",
            AgentKey = "b",
            CaCert = "c",
            ProxyServerHost = options.ProxyServerHost,
            ProxyServerPort = 1,
            AlpnProto = options.AlpnProto,
            HealthServerHost = IPAddress.Parse("127.0.0.2"),
            HealthServerPort = 3,
            AdminBindAddress = IPAddress.IPv6Loopback,
            AdminServerPort = 4,
            EnableProfiling = true,
            EnableContentionProfiling = true,
            AgentId = "h",
            AgentIdentifiers = "host=i",
            SyncInterval = TimeSpan.FromMinutes(1),
            SyncIntervalCap = TimeSpan.FromMinutes(2),
            ProbeInterval = TimeSpan.FromMinutes(3),
            KeepaliveTime = TimeSpan.FromMinutes(4),
            ServiceAccountTokenPath = "j",
            WarnOnChannelLimit = true,
            SyncForever = true,
            XfrChannelSize = 5,
            CountServerLeases = true,
            LeaseNamespace = "k",
            LeaseLabelSelector = "l in (m,n)",
            ServerCountSource = ServerCountSource.Max,
            Kubeconfig = "o",
            KubeApiContentType = "p",
            AllowTarget = options.AllowTarget,
            DenyTarget = options.DenyTarget,
            AllowMetadataTargets = true,
            TargetAlias = options.TargetAlias,
            DialTimeout = TimeSpan.FromMinutes(5),
            DrainTimeout = TimeSpan.FromMinutes(6),
            ConnectTimeout = TimeSpan.FromMinutes(7),
            ConnectionBufferSize = 6,
            BufferBudget = 99,
            ConnectionStallLimit = TimeSpan.FromMinutes(8),
            TunnelsPerServer = 10,
            MaxMessageSize = 7,
            PeerPingInterval = TimeSpan.FromMinutes(9),
            CertificateExpiryWarning = TimeSpan.FromMinutes(10),
            CompactMemoryAfter = TimeSpan.FromMinutes(11),
            WithoutFeatures = options.WithoutFeatures,
            Verbosity = 8,
        };
        Assert.Equal(expected, options);
        Assert.Equal([new ServerAddress("d", 1), new ServerAddress("e", 2)], options.Servers);
        Assert.Equal(["f", "g"], options.AlpnProto);
        Assert.Equal(["q", "r", "s"], options.AllowTarget);
        Assert.Equal(["t"], options.DenyTarget);
        Assert.Equal(["u=v"], options.TargetAlias);
        Assert.Equal("Ping, Lanes", options.WithoutFeatures.ToString());
    }

    [Theory]
    [InlineData("--lease-label=a=b")]
    [InlineData("--lease-label-selector=a=b")]
    [InlineData("--lease_label=a=b")]
    public void LeaseLabel_BothNames_SetTheSelector(string argument) => Assert.Equal("a=b", Bind(argument).LeaseLabelSelector);

    [Fact]
    public void AgentId_FlagEnvironmentAndNeither_InThatOrder()
    {
        var flags = new ProxyAgentFlags();
        Assert.Equal("flag", flags.Bind(flags.Set.Parse(["--agent-id=flag"], Environment)).AgentId);
        Assert.Equal("env", flags.Bind(flags.Set.Parse([], Environment)).AgentId);
        Assert.True(Guid.TryParse(Bind().AgentId, out _));
        Assert.True(Guid.TryParse(Bind("--agent-id=").AgentId, out _));
        Assert.NotEqual(Bind().AgentId, Bind().AgentId);

        static string? Environment(string name) => name == "PROXY_AGENT_ID" ? "env" : null;
    }

    [Theory]
    [InlineData("a", "a:8091")]
    [InlineData("a,b:1", "a:8091|b:1")]
    [InlineData("10.0.0.1,10.0.0.1:8091", "10.0.0.1:8091")]
    [InlineData("::1", "[::1]:8091")]
    [InlineData("[::1]", "[::1]:8091")]
    [InlineData("[fd00::1]:443", "[fd00::1]:443")]
    [InlineData("proxy_1.example.com", "proxy_1.example.com:8091")]
    public void ProxyServerHost_List_GivesServers(string text, string expected) =>
        Assert.Equal(expected, string.Join('|', Bind($"--proxy-server-host={text}").Servers));

    [Theory]
    [InlineData("a b")]
    [InlineData("a:")]
    [InlineData("a:0")]
    [InlineData("a:65536")]
    [InlineData("a:x")]
    [InlineData("a:+1")]
    [InlineData("[a]:1")]
    [InlineData("[::1")]
    [InlineData("[::1]1")]
    [InlineData("::g")]
    [InlineData("https://a")]
    [InlineData(".a")]
    [InlineData("a..b")]
    [InlineData("-a")]
    public void ProxyServerHost_WrongEntry_IsNamed(string entry) =>
        Assert.StartsWith(
            $"flag --proxy-server-host: \"{entry}\" is not the address of a server: write a host name or address",
            Refused($"--proxy-server-host=good,{entry}"));

    [Theory]
    [InlineData("--server-count-source=min", "flag --server-count-source: \"min\" is none of the known values: write default or max")]
    [InlineData("--sync-interval=1", "flag --sync-interval: \"1\" is not a duration: write numbers with units, such as 30s, 500ms or 1h30m")]
    public void Value_OfWrongForm_IsOneSentence(string argument, string expected) => Assert.Equal(expected, Refused(argument));

    [Theory]
    [InlineData("1h", "30s", 30)]
    [InlineData("10s", "30s", 10)]
    [InlineData("1h", "0", 3600)]
    [InlineData("0", "0", null)]
    public void PingInterval_TwoFlags_TakesTheShorter(string keepalive, string ping, int? seconds)
    {
        var options = Bind($"--keepalive-time={keepalive}", $"--peer-ping-interval={ping}");
        Assert.Equal(seconds, options.ServerPingInterval is { } interval ? (int)interval.TotalSeconds : null);
    }

    private static AgentOptions Bind(params string[] args)
    {
        var flags = new ProxyAgentFlags();
        var result = flags.Set.Parse(args, _ => null);
        Assert.Equal("", result.Text);
        return flags.Bind(result);
    }

    private static string Refused(string argument)
    {
        var result = ProxyAgentFlags.Parse([argument], _ => null);
        Assert.Equal((false, 1), (result.ShouldRun, result.ExitCode));
        return result.Text;
    }
}
