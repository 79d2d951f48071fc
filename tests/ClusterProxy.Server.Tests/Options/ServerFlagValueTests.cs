using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Agents.Identity;

namespace ClusterProxy.Server.Tests.Options;

public sealed class ServerFlagValueTests
{
    [Fact]
    public void Parse_EveryFlag_ReachesItsOption()
    {
        var options = Bind(
            "--server-cert=a", "--server-key=b", "--server-ca-cert=c", "--cluster-cert=d", "--cluster-key=e", "--cluster-ca-cert=f",
            "--mode=auto", "--uds-name=g", "--delete-existing-uds-file=false", "--server-port=1", "--server-bind-address=127.0.0.2",
            "--agent-port=2", "--agent-bind-address=127.0.0.3", "--health-port=3", "--health-bind-address=127.0.0.4", "--admin-port=4",
            "--admin-bind-address=::1", "--keepalive-time=1s", "--frontend-keepalive-time=2s", "--enable-profiling",
            "--enable-contention-profiling", "--server-id=h", "--server-count=5", "--agent-namespace=i", "--agent-service-account=j",
            "--authentication-audience=k", "--kubeconfig=l", "--kubeconfig-qps=0.5", "--kubeconfig-burst=6", "--kube-api-content-type=m",
            "--proxy-strategies=destHost,defaultRoute,default", "--cipher-suites=TLS_AES_128_GCM_SHA256", "--tls-min-version=VersionTLS13",
            "--xfr-channel-size=7", "--frontend-write-channel-size=8", "--enable-lease-controller", "--lease-namespace=n",
            "--lease-label=x=y", "--graceful-shutdown-timeout=3s", "--backend-dial-timeout=4s", "--v=9", "--insecure-agent-port",
            "--frontend-uds-name=o", "--max-message-size=10", "--connection-buffer-size=11", "--buffer-budget=99", "--connection-stall-limit=5s",
            "--connect-head-timeout=6s", "--peer-ping-interval=7s", "--max-pending-dials=12", "--certificate-expiry-warning=8s", "--compact-memory-after=9s", "--agent-identity=claimed",
            "--agent-token-identifiers=host={node}",
            "--frontend-policy=p", "--shutdown-delay=14s", "--without-features=credit,drain",
            "--servers=q=hub-q:1,r=[::1]:2", "--servers-file=s", "--servers-dns=t:3", "--servers-leases=u:4", "--fan-out=2",
            "--peers=q=r:13,s=[::1]:14", "--peers-dns=t:15", "--peers-leases=v:16", "--peer-port=16", "--peer-bind-address=127.0.0.5",
            "--peer-cert=u", "--peer-key=v", "--peer-ca-cert=w");
        var expected = new ServerOptions
        {
            ServerCert = "a",
            ServerKey = "b",
            ServerCaCert = "c",
            ClusterCert = "d",
            ClusterKey = "e",
            ClusterCaCert = "f",
            Mode = FrontendMode.Auto,
            UdsName = "g",
            DeleteExistingUdsFile = false,
            ServerPort = 1,
            ServerBindAddress = IPAddress.Parse("127.0.0.2"),
            AgentPort = 2,
            AgentBindAddress = IPAddress.Parse("127.0.0.3"),
            HealthPort = 3,
            HealthBindAddress = IPAddress.Parse("127.0.0.4"),
            AdminPort = 4,
            AdminBindAddress = IPAddress.IPv6Loopback,
            KeepaliveTime = TimeSpan.FromSeconds(1),
            FrontendKeepaliveTime = TimeSpan.FromSeconds(2),
            EnableProfiling = true,
            EnableContentionProfiling = true,
            ServerId = "h",
            ServerCount = 5,
            AgentNamespace = "i",
            AgentServiceAccount = "j",
            AuthenticationAudience = "k",
            Kubeconfig = "l",
            KubeconfigQps = 0.5f,
            KubeconfigBurst = 6,
            KubeApiContentType = "m",
            ProxyStrategies = options.ProxyStrategies,
            CipherSuites = options.CipherSuites,
            TlsProtocols = SslProtocols.Tls13,
            XfrChannelSize = 7,
            FrontendWriteChannelSize = 8,
            EnableLeaseController = true,
            LeaseNamespace = "n",
            LeaseLabel = options.LeaseLabel,
            GracefulShutdownTimeout = TimeSpan.FromSeconds(3),
            BackendDialTimeout = TimeSpan.FromSeconds(4),
            Verbosity = 9,
            InsecureAgentPort = true,
            FrontendUdsName = "o",
            MaxMessageSize = 10,
            ConnectionBufferSize = 11,
            BufferBudget = 99,
            ConnectionStallLimit = TimeSpan.FromSeconds(5),
            ConnectHeadTimeout = TimeSpan.FromSeconds(6),
            PeerPingInterval = TimeSpan.FromSeconds(7),
            MaxPendingDials = 12,
            ShutdownDelay = TimeSpan.FromSeconds(14),
            WithoutFeatures = TunnelFeatureSet.Credit | TunnelFeatureSet.Drain,
            CertificateExpiryWarning = TimeSpan.FromSeconds(8),
            CompactMemoryAfter = TimeSpan.FromSeconds(9),
            AgentIdentity = AgentIdentityMode.Claimed,
            AgentTokenIdentifiers = options.AgentTokenIdentifiers,
            FrontendPolicy = "p",
            Servers = options.Servers,
            ServersFile = "s",
            ServersDns = "t:3",
            ServersLeases = "u:4",
            FanOut = 2,
            Peers = options.Peers,
            PeersDns = "t:15",
            PeersLeases = "v:16",
            PeerPort = 16,
            PeerBindAddress = IPAddress.Parse("127.0.0.5"),
            PeerCert = "u",
            PeerKey = "v",
            PeerCaCert = "w",
            OwnFlag = "--insecure-agent-port",
        };
        Assert.Equal(expected, options);
        Assert.Equal([ProxyStrategy.DestHost, ProxyStrategy.DefaultRoute, ProxyStrategy.Default], options.ProxyStrategies);
        Assert.Equal([new FleetServer("q", "r", 13), new FleetServer("s", "::1", 14)], options.Peers);
        Assert.Equal([TlsCipherSuite.TLS_AES_128_GCM_SHA256], options.CipherSuites);
        Assert.Equal("x=y", options.LeaseLabel.ToString());
        Assert.Equal([new FleetServer("q", "hub-q", 1), new FleetServer("r", "::1", 2)], options.Servers);
    }

    [Fact]
    public void ServerId_FlagEnvironmentAndNeither_InThatOrder()
    {
        var flags = new ProxyServerFlags();
        Assert.Equal("flag", flags.Bind(flags.Set.Parse(["--server-id=flag"], Environment)).ServerId);
        Assert.Equal("env", flags.Bind(flags.Set.Parse([], Environment)).ServerId);
        Assert.True(Guid.TryParse(Bind().ServerId, out _));
        Assert.NotEqual(Bind().ServerId, Bind().ServerId);

        static string? Environment(string name) => name == "PROXY_SERVER_ID" ? "env" : null;
    }

    [Theory]
    [InlineData("grpc", nameof(FrontendMode.Grpc))]
    [InlineData("http-connect", nameof(FrontendMode.HttpConnect))]
    [InlineData("auto", nameof(FrontendMode.Auto))]
    public void Mode_Word_IsRead(string word, string expected) => Assert.Equal(expected, Bind($"--mode={word}").Mode.ToString());

    [Theory]
    [Trait("Spec", "7.39")]
    [InlineData("--mode=http", "flag --mode: \"http\" is none of the known values: write grpc, http-connect or auto")]
    [InlineData(
        "--tls-min-version=1.2",
        "flag --tls-min-version: \"1.2\" is none of the known values: write VersionTLS10, VersionTLS11, VersionTLS12 or VersionTLS13")]
    [InlineData("--keepalive-time=5", "flag --keepalive-time: \"5\" is not a duration: write numbers with units, such as 30s, 500ms or 1h30m")]
    [InlineData("--agent-bind-address=host", "flag --agent-bind-address: \"host\" is not an IP address: write one such as 127.0.0.1 or ::1")]
    [InlineData("--fan-out=3", "flag --fan-out: \"3\" is none of the known values: write mesh or 2")]
    [InlineData(
        "--servers=a=h:1,b",
        "flag --servers: \"b\" is not a server: write ID=HOST:PORT, with the --server-id and the address at which agents reach it, "
        + "such as a=hub-a.example.com:8091")]
    [InlineData("--kubeconfig-qps=fast", "flag --kubeconfig-qps: \"fast\" is not a number: write one such as 50 or 0.5")]
    public void Value_OfWrongForm_IsOneSentence(string argument, string expected) => Assert.Equal(expected, Refused(argument));

    [Theory]
    [InlineData("default,", "Default")]
    [InlineData("destHost,,default", "DestHost,Default")]
    public void Strategies_WithACommaTooMany_AreRead(string list, string expected) =>
        Assert.Equal(expected, string.Join(',', Bind($"--proxy-strategies={list}").ProxyStrategies));

    [Theory]
    [Trait("Spec", "7.38")]
    [InlineData("")]
    [InlineData(",")]
    [InlineData("destCIDR")]
    [InlineData("default,desthost")]
    [InlineData("default, destHost")]
    public void Strategies_EmptyOrUnknown_AreRefused(string list) =>
        Assert.Equal(
            $"flag --proxy-strategies: \"{list}\" is not a list of proxy strategies: "
            + "write one or more of default, destHost and defaultRoute with commas between them",
            Refused($"--proxy-strategies={list}"));

    [Theory]
    [Trait("Spec", "7.38")]
    [InlineData("a=b", "a=b")]
    [InlineData(" a = b , c=d ", "a=b,c=d")]
    public void LeaseLabel_Text_IsTrimmed(string text, string expected) =>
        Assert.Equal(expected, Bind($"--lease-label={text}").LeaseLabel.ToString());

    [Theory]
    [Trait("Spec", "7.38")]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("a=")]
    [InlineData("=b")]
    [InlineData("a=b,")]
    [InlineData("a=b=c")]
    public void LeaseLabel_EmptyOrMalformed_IsRefused(string text) =>
        Assert.Equal(
            $"flag --lease-label: \"{text}\" is not a list of labels: write key=value, several with commas between them",
            Refused($"--lease-label={text}"));

    [Theory]
    [InlineData("TLS_RSA_WITH_RC4_128_SHA")]
    [InlineData("TLS_RSA_WITH_AES_128_CBC_SHA")]
    [InlineData("tls_aes_128_gcm_sha256")]
    [InlineData("4865")]
    public void CipherSuites_InsecureOrUnknown_AreRefusedByName(string name) =>
        Assert.StartsWith(
            $"flag --cipher-suites: \"{name}\" is none of the known values: write TLS_AES_128_GCM_SHA256, ",
            Refused($"--cipher-suites=TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,{name}"));

    [Theory]
    [InlineData("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256")]
    [InlineData("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305")]
    public void CipherSuites_OldAndRegisteredName_MeanTheSame(string name) =>
        Assert.Equal([TlsCipherSuite.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256], Bind($"--cipher-suites={name}").CipherSuites);

    [Theory]
    [InlineData("", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS10", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS11", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS12", SslProtocols.Tls12 | SslProtocols.Tls13)]
    [InlineData("VersionTLS13", SslProtocols.Tls13)]
    public void TlsMinVersion_Name_AllowsItAndAboveButNothingRetired(string name, SslProtocols expected) =>
        Assert.Equal(expected, Bind($"--tls-min-version={name}").TlsProtocols);

    [Theory]
    [InlineData("1h", "30s", 30)]
    [InlineData("10s", "30s", 10)]
    [InlineData("1h", "0", 3600)]
    [InlineData("0", "30s", 30)]
    [InlineData("0", "0", null)]
    [InlineData("10ms", "30s", 1)]
    public void PingInterval_TwoFlags_TakesTheShorter(string keepalive, string ping, int? seconds)
    {
        var options = Bind($"--keepalive-time={keepalive}", $"--frontend-keepalive-time={keepalive}", $"--peer-ping-interval={ping}");
        TimeSpan? expected = seconds is { } value ? TimeSpan.FromSeconds(value) : null;
        Assert.Equal(expected, options.AgentPingInterval);
        Assert.Equal(expected, options.FrontendPingInterval);
    }

    private static ServerOptions Bind(params string[] args)
    {
        var flags = new ProxyServerFlags();
        var result = flags.Set.Parse(args, _ => null);
        Assert.Equal("", result.Text);
        return flags.Bind(result);
    }

    private static string Refused(string argument)
    {
        var result = ProxyServerFlags.Parse([argument], _ => null);
        Assert.Equal((false, 1), (result.ShouldRun, result.ExitCode));
        return result.Text;
    }
}
