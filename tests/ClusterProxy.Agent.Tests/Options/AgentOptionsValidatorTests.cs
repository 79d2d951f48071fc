using ClusterProxy.Hosting.Flags;

namespace ClusterProxy.Agent.Tests.Options;

public sealed class AgentOptionsValidatorTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory().FullName;
    private readonly string _file;
    private readonly AgentOptions _good;

    public AgentOptionsValidatorTests()
    {
        _file = Path.Combine(_directory, "file.pem");
        File.WriteAllText(_file, "");
        _good = new AgentOptions { AgentCert = _file, AgentKey = _file, CaCert = _file };
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Validate_GoodOptions_HasNothingToSay()
    {
        Assert.Empty(AgentOptionsValidator.Validate(_good));
        Assert.Empty(AgentOptionsValidator.Validate(_good with
        {
            AgentCert = "",
            AgentKey = "",
            ServiceAccountTokenPath = _file,
            KeepaliveTime = TimeSpan.Zero,
            PeerPingInterval = TimeSpan.Zero,
            DrainTimeout = TimeSpan.Zero,
            SyncIntervalCap = TimeSpan.FromSeconds(1),
            EnableProfiling = true,
            EnableContentionProfiling = true,
            AgentIdentifiers = "ipv4=1.2.3.4&ipv6=::1&host=a&host=b&cidr=10.0.0.0/8&default-route=true",
            ProxyServerPort = 1,
            HealthServerPort = 65535,
        }));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(65536)]
    public void Validate_PortOutOfRange_IsRefusedForEachPort(int port)
    {
        string Sentence(string flag) => $"flag --{flag}: {port} is out of range: write a number from 1 to 65535";
        Only(_good with { ProxyServerPort = port }, Sentence("proxy-server-port"));
        Only(_good with { HealthServerPort = port }, Sentence("health-server-port"));
        Only(_good with { AdminServerPort = port }, Sentence("admin-server-port"));
    }

    [Theory]
    [InlineData("agent-cert")]
    [InlineData("agent-key")]
    [InlineData("ca-cert")]
    [InlineData("service-account-token-path")]
    [InlineData("kubeconfig")]
    public void Validate_MissingFile_IsRefusedForEachFile(string flag)
    {
        var missing = Path.Combine(_directory, "missing");
        var options = flag switch
        {
            "agent-cert" => _good with { AgentCert = missing },
            "agent-key" => _good with { AgentKey = missing },
            "ca-cert" => _good with { CaCert = missing },
            "service-account-token-path" => _good with { ServiceAccountTokenPath = missing },
            _ => _good with { Kubeconfig = missing },
        };
        Only(options, $"flag --{flag}: there is no file \"{missing}\": correct the path or create the file");
    }

    [Fact]
    public void Validate_Certificates_ComeInPairsAndWithACa()
    {
        Only(_good with { AgentKey = "" }, $"flag --agent-cert is \"{_file}\" but --agent-key is empty: give both or neither");
        Only(_good with { AgentCert = "" }, $"flag --agent-key is \"{_file}\" but --agent-cert is empty: give both or neither");
        Only(_good with { CaCert = "" }, "flag --ca-cert is empty: name the CA file that servers' certificates are checked against");
    }

    [Fact]
    public void Validate_Servers_AreNamed() =>
        Only(
            _good with { ProxyServerHost = [] },
            "flag --proxy-server-host is empty: write the host name or address of a proxy-server");

    [Fact]
    public void Validate_Identifiers_AreOfKnownTypes()
    {
        Only(
            _good with { AgentIdentifiers = "host=a&uid=b&ipv5=c" },
            "flag --agent-identifiers: \"uid\" is not a type of identifier: write ipv4, ipv6, host, cidr or default-route",
            "flag --agent-identifiers: \"ipv5\" is not a type of identifier: write ipv4, ipv6, host, cidr or default-route");
        foreach (var wrong in new[] { "host=a;host=b", "host=%zz" })
        {
            var sentence = Assert.Single(AgentOptionsValidator.Validate(_good with { AgentIdentifiers = wrong }));
            Assert.StartsWith($"flag --agent-identifiers: \"{wrong}\" cannot be read (invalid ", sentence);
            Assert.EndsWith("): write type=value pairs joined by &, such as host=node1&ipv4=10.0.0.1", sentence);
        }
    }

    [Fact]
    public void Validate_SyncInterval_IsAtMostItsCap() =>
        Only(
            _good with { SyncInterval = TimeSpan.FromSeconds(11) },
            "flag --sync-interval: 11s is longer than --sync-interval-cap, which is 10s: lower the one or raise the other");

    [Fact]
    public void Validate_Durations_HaveLeastValues()
    {
        var negative = TimeSpan.FromSeconds(-1);
        static string Negative(string flag) => $"flag --{flag}: -1s is negative: write 0 or more, such as 30s";
        static string Short(string flag) => $"flag --{flag}: 0s is too short: write more than 0, such as 10s";
        Only(_good with { KeepaliveTime = negative }, Negative("keepalive-time"));
        Only(_good with { PeerPingInterval = negative }, Negative("peer-ping-interval"));
        Only(_good with { DrainTimeout = negative }, Negative("drain-timeout"));
        Only(_good with { SyncInterval = TimeSpan.Zero }, Short("sync-interval"));
        Only(_good with { ProbeInterval = TimeSpan.Zero }, Short("probe-interval"));
        Only(_good with { ConnectTimeout = TimeSpan.Zero }, Short("connect-timeout"));
        Only(_good with { DialTimeout = TimeSpan.Zero }, Short("dial-timeout"));
        Only(_good with { ConnectionStallLimit = TimeSpan.Zero }, Short("connection-stall-limit"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(0.5)]
    [InlineData(86401)]
    public void Validate_CompactMemoryAfter_IsZeroOrWithinItsRange(double seconds)
    {
        var after = TimeSpan.FromSeconds(seconds);
        Only(_good with { CompactMemoryAfter = TimeSpan.Zero });
        Only(
            _good with { CompactMemoryAfter = after },
            $"flag --compact-memory-after: {GoDuration.Format(after)} is out of range: write 0 for never, or from 1s to 24h0m0s");
    }

    [Fact]
    public void Validate_Sizes_HaveLeastValues()
    {
        Only(_good with { XfrChannelSize = 0 }, "flag --xfr-channel-size: 0 is too small: write 1 or more");
        Only(_good with { MaxMessageSize = 131071 }, "flag --max-message-size: 131071 is too small: write 131072 or more");
        Only(_good with { ConnectionBufferSize = 65535 }, "flag --connection-buffer-size: 65535 is too small: write 65536 or more");
        Only(_good with { TunnelsPerServer = 65 }, "flag --tunnels-per-server: 65 is out of range: write a number from 0 to 64");
        Only(_good with { AlpnProto = ["a", ""] }, "flag --alpn-proto: \"\" is not a protocol name: write 1 to 255 characters");
    }

    [Fact]
    public void Validate_ContentionProfiling_NeedsProfiling() =>
        Only(
            _good with { EnableContentionProfiling = true },
            "flag --enable-contention-profiling needs --enable-profiling: set both or neither");

    [Fact]
    public void Validate_LeaseCounting_NeedsASelectorThatReads()
    {
        Only(_good with { CountServerLeases = true });
        Only(
            _good with { LeaseLabelSelector = "a in b" },
            "flag --lease-label-selector: label selector \"a in b\", at character 6: expected a list in parentheses: "
            + "write it as kubectl's --selector, such as k8s-app=konnectivity-server");
    }

    private static void Only(AgentOptions options, params string[] expected) =>
        Assert.Equal(expected, AgentOptionsValidator.Validate(options));
}
