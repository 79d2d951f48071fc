using ClusterProxy.Hosting.Flags;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Agents.Tokens;

namespace ClusterProxy.Server.Tests.Options;

[Trait("Spec", "7.39")]
public sealed class ServerOptionsValidatorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly string _file;
    private readonly ServerOptions _tcp;
    private readonly ServerOptions _uds;

    public ServerOptionsValidatorTests()
    {
        _file = Path.Combine(_directory, "file.pem");
        File.WriteAllText(_file, "");
        _tcp = new ServerOptions
        {
            ServerCert = _file,
            ServerKey = _file,
            ServerCaCert = _file,
            ClusterCert = _file,
            ClusterKey = _file,
            ClusterCaCert = _file,
        };
        _uds = _tcp with { ServerCert = "", ServerKey = "", ServerCaCert = "", ServerPort = 0, UdsName = Path.Combine(_directory, "s") };
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Validate_GoodOptions_HasNothingToSay()
    {
        Assert.Empty(ServerOptionsValidator.Validate(_tcp));
        Assert.Empty(ServerOptionsValidator.Validate(_uds));
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with { FrontendUdsName = _uds.UdsName }));
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with { ClusterCaCert = "", InsecureAgentPort = true }));
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with
        {
            BackendDialTimeout = TimeSpan.Zero,
            GracefulShutdownTimeout = TimeSpan.Zero,
            PeerPingInterval = TimeSpan.Zero,
            KeepaliveTime = TimeSpan.Zero,
            FrontendKeepaliveTime = TimeSpan.Zero,
            EnableProfiling = true,
            EnableContentionProfiling = true,
        }));
    }

    [Theory]
    [InlineData(1023)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(49152)]
    public void Validate_PortOutOfRange_IsRefusedForEachPort(int port)
    {
        string Sentence(string flag) => $"flag --{flag}: {port} is out of range: write a number from 1024 to 49151";
        Only(_tcp with { ServerPort = port }, Sentence("server-port"));
        Only(_tcp with { AgentPort = port }, Sentence("agent-port"));
        Only(_tcp with { HealthPort = port }, Sentence("health-port"));
        Only(_tcp with { AdminPort = port }, Sentence("admin-port"));
    }

    [Fact]
    public void Validate_PortsAtTheEnds_AreAccepted() =>
        Assert.Empty(ServerOptionsValidator.Validate(
            _tcp with { ServerPort = 1024, AgentPort = 49151, HealthPort = 1025, AdminPort = 49150 }));

    [Fact]
    public void Validate_UnixSocket_ExcludesWhatOnlyTcpHas()
    {
        Only(
            _uds with { ServerPort = 8090 },
            $"flag --server-port: 8090 cannot be served together with --uds-name=\"{_uds.UdsName}\": "
            + "write --server-port=0, or --frontend-uds-name instead of --uds-name to serve both");
        Only(
            _uds with { ServerCert = _file, ServerKey = _file, ServerCaCert = _file },
            [.. new[] { "server-cert", "server-key", "server-ca-cert" }.Select(flag =>
                $"flag --{flag}: \"{_file}\" has no use on the Unix socket of --uds-name: remove --{flag}")]);
        Only(
            _uds with { FrontendUdsName = _uds.UdsName + "2" },
            $"flag --frontend-uds-name: \"{_uds.UdsName}2\" is a second Unix socket beside --uds-name: remove one of the two");
    }

    [Fact]
    public void Validate_SocketPath_NeedsADirectoryAndFewBytes()
    {
        Only(
            _uds with { UdsName = Path.Combine(_directory, "no", "s") },
            $"flag --uds-name: there is no directory \"{_directory}/no\" for the socket: create it or correct the path");
        var path = Path.Combine(_directory, new string('x', 108));
        Only(
            _tcp with { FrontendUdsName = path },
            $"flag --frontend-uds-name: \"{path}\" is too long for a Unix socket: write a path of at most 107 bytes");
    }

    [Fact]
    public void Validate_Tcp_NeedsCaCertificateAndKey()
    {
        Only(
            _tcp with { ServerCaCert = "" },
            "flag --server-ca-cert is empty: name the CA file that frontend certificates are checked against, "
            + "or serve frontends on a Unix socket only with --uds-name and --server-port=0");
        Only(
            _tcp with { ServerCert = "", ServerKey = "" },
            "flags --server-cert and --server-key are empty: name the certificate and key of the frontend port, "
            + "or serve frontends on a Unix socket only with --uds-name and --server-port=0");
        Only(_tcp with { ServerKey = "" }, $"flag --server-cert is \"{_file}\" but --server-key is empty: give both or neither");
        Only(_tcp with { ServerCert = "" }, $"flag --server-key is \"{_file}\" but --server-cert is empty: give both or neither");
    }

    [Fact]
    public void Validate_AgentPort_NeedsPairAndAuthentication()
    {
        Only(_tcp with { ClusterKey = "" }, $"flag --cluster-cert is \"{_file}\" but --cluster-key is empty: give both or neither");
        Only(_tcp with { ClusterCert = "" }, $"flag --cluster-key is \"{_file}\" but --cluster-cert is empty: give both or neither");
        Only(
            _tcp with { ClusterCert = "", ClusterKey = "" },
            "flags --cluster-cert and --cluster-key are empty: name the certificate and key of the agent port, which has no plaintext form");
        Only(
            _tcp with { ClusterCaCert = "" },
            "flag --cluster-ca-cert is empty, so the agent port would accept any client: name the CA file that agent certificates "
            + "are checked against, or accept agents without authentication with --insecure-agent-port");
        Only(
            _tcp with { InsecureAgentPort = true },
            "flag --insecure-agent-port contradicts the agent authentication that is configured: remove one of the two");
    }

    [Theory]
    [InlineData("server-cert")]
    [InlineData("server-key")]
    [InlineData("server-ca-cert")]
    [InlineData("cluster-cert")]
    [InlineData("cluster-key")]
    [InlineData("cluster-ca-cert")]
    [InlineData("kubeconfig")]
    public void Validate_MissingFile_IsRefusedForEachFile(string flag)
    {
        var missing = Path.Combine(_directory, "missing.pem");
        var options = flag switch
        {
            "server-cert" => _tcp with { ServerCert = missing },
            "server-key" => _tcp with { ServerKey = missing },
            "server-ca-cert" => _tcp with { ServerCaCert = missing },
            "cluster-cert" => _tcp with { ClusterCert = missing },
            "cluster-key" => _tcp with { ClusterKey = missing },
            "cluster-ca-cert" => _tcp with { ClusterCaCert = missing },
            _ => _tcp with { Kubeconfig = missing },
        };
        Only(options, $"flag --{flag}: there is no file \"{missing}\": correct the path or create the file");
    }

    [Fact]
    public void Validate_Servers_AreSaidOnceAndCanBeAFleet()
    {
        FleetServer[] one = [new("a", "h", 1)];
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with { Servers = one, FanOut = 2 }));
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with { ServersFile = _file, FanOut = 2 }));
        Assert.Empty(ServerOptionsValidator.Validate(_tcp with { ServersDns = "hub.example.com:8091", FanOut = 2 }));
        Only(
            _tcp with { Servers = one, ServersFile = _file },
            "flags --servers, --servers-file, --servers-dns and --servers-leases each say which servers there are: keep one of them");
        Only(
            _tcp with { FanOut = 2 },
            "flag --fan-out: 2 needs to be known which servers there are: name them with --servers, --servers-file, "
            + "--servers-dns or --servers-leases");
        Only(_tcp with { Servers = [.. one, new("a", "h", 2)] }, "flag --servers names the server \"a\" twice: write each --server-id once");
        Only(
            _tcp with { Servers = [.. one, new("b", "h", 1)] },
            "flag --servers gives the address h:1 to two servers: agents must reach each of them");
        Only(
            _tcp with { ServersDns = "hub.example.com" },
            "flag --servers-dns: \"hub.example.com\" is not a name with a port: write one such as hub.example.com:8091");
    }

    [Fact]
    public void Validate_Leases_AreKeptByWhoeverIsFoundByThem()
    {
        var leases = _tcp with { EnableLeaseController = true, ServersLeases = "hub-a.example.com:8091" };
        Only(leases with { FanOut = 2 });
        Only(leases with { EnableLeaseController = false }, "flag --servers-leases needs the server's lease: add --enable-lease-controller");
        Only(
            leases with { ServersLeases = "hub-a" },
            "flag --servers-leases: \"hub-a\" is not this server's address with a port: write one such as hub-a.example.com:8091");
        Only(
            leases with { ServersDns = "hub:8091" },
            "flags --servers, --servers-file, --servers-dns and --servers-leases each say which servers there are: keep one of them");

        var peers = _tcp with
        {
            EnableLeaseController = true,
            PeersLeases = "[fd00::1]:8096",
            PeerCert = _file,
            PeerKey = _file,
            PeerCaCert = _file,
        };
        Only(peers);
        Only(peers with { EnableLeaseController = false }, "flag --peers-leases needs the server's lease: add --enable-lease-controller");
        Only(
            peers with { PeersLeases = "10.0.0.10" },
            "flag --peers-leases: \"10.0.0.10\" is not this server's address with a port: write one such as 10.0.0.10:8096");
    }

    [Fact]
    public void Validate_Numbers_HaveLeastValues()
    {
        Only(_tcp with { XfrChannelSize = 0 }, "flag --xfr-channel-size: 0 is too small: write 1 or more");
        Only(_tcp with { FrontendWriteChannelSize = 0 }, "flag --frontend-write-channel-size: 0 is too small: write 1 or more");
        Only(_tcp with { MaxMessageSize = 131071 }, "flag --max-message-size: 131071 is too small: write 131072 or more");
        Only(_tcp with { ConnectionBufferSize = 65535 }, "flag --connection-buffer-size: 65535 is too small: write 65536 or more");
        Only(_tcp with { MaxPendingDials = 0 }, "flag --max-pending-dials: 0 is too small: write 1 or more");
        Only(_tcp with { ServerCount = -1 }, "flag --server-count: -1 is too small: write 0 or more");
        Only(_tcp with { KubeconfigBurst = -1 }, "flag --kubeconfig-burst: -1 is too small: write 0 or more");
        Only(_tcp with { KubeconfigQps = -1 }, "flag --kubeconfig-qps: -1 is negative: write 0 or more");
    }

    [Fact]
    public void Validate_Durations_AreNotNegative()
    {
        var negative = TimeSpan.FromSeconds(-1);
        static string Sentence(string flag) => $"flag --{flag}: -1s is negative: write 0 or more, such as 30s";
        Only(_tcp with { GracefulShutdownTimeout = negative }, Sentence("graceful-shutdown-timeout"));
        Only(_tcp with { BackendDialTimeout = negative }, Sentence("backend-dial-timeout"));
        Only(_tcp with { KeepaliveTime = negative }, Sentence("keepalive-time"));
        Only(_tcp with { FrontendKeepaliveTime = negative }, Sentence("frontend-keepalive-time"));
        Only(_tcp with { PeerPingInterval = negative }, Sentence("peer-ping-interval"));
        Only(
            _tcp with { ConnectionStallLimit = TimeSpan.Zero },
            "flag --connection-stall-limit: 0s is too short: write more than 0, such as 10s");
        Only(
            _tcp with { ConnectHeadTimeout = TimeSpan.Zero },
            "flag --connect-head-timeout: 0s is too short: write more than 0, such as 10s");
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(86401)]
    public void Validate_CompactMemoryAfter_IsZeroOrWithinItsRange(double seconds)
    {
        var after = TimeSpan.FromSeconds(seconds);
        Only(_tcp with { CompactMemoryAfter = TimeSpan.Zero });
        Only(
            _tcp with { CompactMemoryAfter = after },
            $"flag --compact-memory-after: {GoDuration.Format(after)} is out of range: write 0 for never, or from 1s to 24h0m0s");
    }

    [Fact]
    public void Validate_Peers_NeedACertificateAndAnAuthority_AndOneSource()
    {
        var all = _tcp with { Peers = [new("b", "b", 8096)], PeerCert = _file, PeerKey = _file, PeerCaCert = _file };
        Only(all);
        Only(all with { Peers = [], PeersDns = "hub:8096" });
        Only(all with { PeerPort = 1 }, "flag --peer-port: 1 is out of range: write a number from 1024 to 49151");
        Only(
            all with { PeerCert = "", PeerKey = "" },
            "flags --peer-cert and --peer-key are empty: name the certificate that this server shows to other servers, and its key");
        Only(
            all with { PeerCaCert = "" },
            "flag --peer-ca-cert is empty, so any server would be believed: name the CA file that other servers' certificates are checked against");
        Only(all with { PeersDns = "hub:8096" }, "flags --peers, --peers-dns and --peers-leases each say where other servers are: keep one of them");
        Only(
            all with { Peers = [], PeersDns = "hub" },
            "flag --peers-dns: \"hub\" is not a name with a port: write one such as hub-peers.example.com:8096");
        Only(
            all with { Peers = [new("b", "b", 1), new("b", "c", 1)] },
            "flag --peers names the server \"b\" twice: write each --server-id once");
    }

    [Fact]
    public void Validate_ContentionProfiling_NeedsProfiling() =>
        Only(
            _tcp with { EnableContentionProfiling = true },
            "flag --enable-contention-profiling needs --enable-profiling: set both or neither");

    [Fact]
    public void Validate_TokenAuthentication_NeedsAllThree_AndNoAgentAuthority()
    {
        static string Empty(string flag) =>
            $"flag --{flag} is empty: agent token authentication needs --agent-namespace, --agent-service-account "
            + "and --authentication-audience, all three";
        var all = _tcp with { ClusterCaCert = "", AgentNamespace = "n", AgentServiceAccount = "s", AuthenticationAudience = "a" };
        Only(all);
        Only(all with { AgentNamespace = "" }, Empty("agent-namespace"));
        Only(all with { AgentServiceAccount = "" }, Empty("agent-service-account"));
        Only(all with { AuthenticationAudience = "" }, Empty("authentication-audience"));
        Only(
            all with { ClusterCaCert = _file },
            $"flag --cluster-ca-cert: \"{_file}\" cannot be combined with agent token authentication: "
            + "remove it, or remove --agent-namespace, --agent-service-account and --authentication-audience");
    }

    [Fact]
    public void Validate_TokenClusters_AreNamedByTheNamespaceAlone()
    {
        var all = _tcp with
        {
            ClusterCaCert = "",
            AgentServiceAccount = "{cluster}-a",
            AuthenticationAudience = "a",
            AgentTokenCluster = AgentTokenCluster.Namespace,
            OwnFlag = "--agent-token-cluster",
        };
        Only(all);
        Only(
            all with { AgentNamespace = "n" },
            "flag --agent-namespace: \"n\" contradicts --agent-token-cluster=namespace, where each cluster's agents have their "
            + "account in a namespace of the cluster's name: remove one of the two");
        Only(
            all with { AgentServiceAccount = "" },
            "flag --agent-service-account is empty: agent token authentication needs --agent-service-account and --authentication-audience, both");
        Assert.True(TokenBinding.TryParse("host={node}", out var binding));
        Only(
            all with { AgentTokenIdentifiers = binding },
            "flags --agent-token-cluster and --agent-token-identifiers each say what agents may announce by their tokens: keep one of them");
        Only(
            _tcp with { AgentTokenCluster = AgentTokenCluster.Namespace },
            "flag --agent-token-cluster needs agents that show a token: add --agent-namespace, --agent-service-account and --authentication-audience");
    }

    [Fact]
    public void Validate_TokensThatBindNothing_AreUpstreamsAlone_OrAskedFor()
    {
        var upstreams = _tcp with { ClusterCaCert = "", AgentNamespace = "n", AgentServiceAccount = "s", AuthenticationAudience = "a" };
        var own = upstreams with { OwnFlag = "--audit-log-path" };
        Only(upstreams);
        Only(
            own,
            "nothing says what agents may announce by their tokens, and --audit-log-path is none of upstream's flags: bind them with "
            + "--agent-token-cluster=namespace or --agent-token-identifiers=host={node}, or believe them with --agent-identity=claimed");
        Only(own with { AgentIdentity = AgentIdentityMode.Claimed });
        Assert.True(TokenBinding.TryParse("host={node}", out var binding));
        Only(own with { AgentTokenIdentifiers = binding });
    }

    [Fact]
    public void Validate_AgentsThatAreBelieved_AreBoundByNothing()
    {
        static string Contradiction(string flag) =>
            $"flag --agent-identity: claimed believes whatever agents announce, which contradicts --{flag}, by which they may announce only "
            + "what their tokens allow: remove one of the two";
        var believed = _tcp with
        {
            ClusterCaCert = "",
            AgentServiceAccount = "s",
            AuthenticationAudience = "a",
            AgentIdentity = AgentIdentityMode.Claimed,
            OwnFlag = "--agent-identity",
        };
        Assert.True(TokenBinding.TryParse("host={node}", out var binding));
        Only(believed with { AgentTokenCluster = AgentTokenCluster.Namespace }, Contradiction("agent-token-cluster"));
        Only(believed with { AgentNamespace = "n", AgentTokenIdentifiers = binding }, Contradiction("agent-token-identifiers"));
        Only(believed with { AgentNamespace = "n" });
        Only(believed with { AgentTokenCluster = AgentTokenCluster.Namespace, AgentIdentity = AgentIdentityMode.Auto });
    }

    [Fact]
    public void Validate_LeaseController_IsFine() => Only(_tcp with { EnableLeaseController = true });

    [Fact]
    public void Parse_SeveralFaults_TellsEach()
    {
        var result = ProxyServerFlags.Parse(["--agent-port=1", "--admin-port=2", "--uds-name=" + _uds.UdsName, "--server-port=0"], _ => null);
        Assert.Equal(1, result.ExitCode);
        Assert.Equal(4, result.Text.Split('\n').Length);
    }

    private static void Only(ServerOptions options, params string[] expected) =>
        Assert.Equal(expected, ServerOptionsValidator.Validate(options));
}
