using System.Net;
using System.Net.Sockets;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Processes;

/// <summary>
/// A start that cannot work ends with exit code 1 and one sentence that names the flag and its value; diagnostics may be missing.
/// </summary>
public sealed class StartupFaultTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string KubeconfigWithoutItsCluster = """
        current-context: hub
        clusters: [{ name: spoke, cluster: { server: https://spoke.example:6443 } }]
        contexts: [{ name: hub, context: { cluster: hub } }]
        """;

    [Theory]
    [InlineData("server-port")]
    [InlineData("agent-port")]
    [InlineData("health-port")]
    public Task Server_PortInUse_NamesFlagAndPort(string flag) => RunServerAsync(flags => Occupy(flags, flag), "the port is in use");

    [Fact]
    public Task Agent_PortInUse_NamesFlagAndPort() => RunAgentAsync(flags => Occupy(flags, "health-server-port"), "the port is in use");

    [Fact]
    public async Task Server_AdminPortInUse_IsSaidAndDoneWithout()
    {
        var flags = LoopbackPrograms.Server(Own(new TestCertificates()), Own(new TestCertificates()));
        var (flag, port) = Occupy(flags, "admin-port");
        await ExpectWarningAsync(Own(LoopbackPrograms.StartServer(flags)), flags["health-port"], $"--{flag}={port}: the port is in use");
    }

    [Fact]
    public async Task Agent_AdminPortInUse_IsSaidAndDoneWithout()
    {
        var flags = LoopbackPrograms.Agent("agent", Own(new TestCertificates()), FreePorts.Shared.Next(), FreePorts.Shared.Next());
        var (flag, port) = Occupy(flags, "admin-server-port");
        await ExpectWarningAsync(Own(LoopbackPrograms.StartAgent(flags)), flags["health-server-port"], $"--{flag}={port}: the port is in use");
    }

    [Theory]
    [InlineData("cluster-ca-cert")]
    [InlineData("server-cert")]
    [InlineData("server-key")]
    public Task Server_FileThatIsNotThere_NamesFlagAndPath(string flag) => RunServerAsync(
        flags => Set(flags, flag, "/nowhere/at-all.pem"), "/nowhere/at-all.pem");

    [Fact]
    public Task Agent_FileThatIsNotThere_NamesFlagAndPath() => RunAgentAsync(
        static flags => Set(flags, "ca-cert", "/nowhere/at-all.pem"), "/nowhere/at-all.pem");

    [Fact]
    public Task Server_KeyOfAnotherCertificate_NamesFlagAndFile() => RunServerAsync(
        flags => Set(flags, "cluster-key", Own(new TestCertificates()).Server().KeyFile), "--cluster-cert");

    [Fact]
    public Task Agent_KeyOfAnotherCertificate_NamesFlagAndFile() => RunAgentAsync(
        flags => Set(flags, "agent-key", Own(new TestCertificates()).Client().KeyFile), "--agent-cert");

    [Fact]
    public Task Server_CertificateFileWithoutCertificate_NamesFlagAndFile() => RunServerAsync(
        static flags => Set(flags, "server-ca-cert", flags["server-key"]), "certificate");

    [Theory]
    [InlineData("keepalive-time", "5x")]
    [InlineData("graceful-shutdown-timeout", "ten")]
    [InlineData("backend-dial-timeout", "-1s")]
    public Task Server_BadDuration_NamesFlagAndValue(string flag, string value) => RunServerAsync(flags => Set(flags, flag, value), value);

    [Fact]
    public Task Agent_BadDuration_NamesFlagAndValue() => RunAgentAsync(static flags => Set(flags, "sync-interval", "soon"), "soon");

    [Fact]
    public Task Server_UnknownFlag_NamesTheNearest() => RunServerAsync(static flags => Set(flags, "agent-prot", "8091"), "did you mean --agent-port?", nameValue: false);

    [Fact]
    public Task Agent_UnknownFlag_NamesTheNearest() => RunAgentAsync(static flags => Set(flags, "agent-identifier", "host=a"), "did you mean --agent-identifiers?", nameValue: false);

    [Theory]
    [InlineData("spiffe://hub/server/b", "it is for server b")]
    [InlineData("spiffe://hub/cluster/a", "it is for cluster a")]
    public Task Server_PeerCertificateOfSomebodyElse_NamesFlagAndFile(string uri, string text) => RunServerAsync(
        flags =>
        {
            var peers = Own(new TestCertificates());
            var pair = peers.Peer("a", uri);
            (flags["server-id"], flags["peers"], flags["peer-port"]) = ("a", "b=127.0.0.1:1", $"{FreePorts.Shared.Next()}");
            (flags["peer-key"], flags["peer-ca-cert"]) = (pair.KeyFile, peers.AuthorityFile);
            return Set(flags, "peer-cert", pair.CertificateFile);
        },
        text);

    [Fact]
    public Task Server_FrontendPolicyThatIsNone_NamesFlagAndFile_AndSaysWhatToWrite() => RunServerAsync(
        flags => Set(flags, "frontend-policy", Write("rules:\n- subjects: [admin]\n  hosts: [\"*\"]\n")),
        "line 2: subjects: \"admin\" is not understood; write * or cn:, dns:, uri:, uid: or gid: and a value");

    [Fact]
    public Task Server_KubeconfigWithoutItsCluster_NamesFlagAndFile_AndSaysWhatToDo() => RunServerAsync(
        flags =>
        {
            flags["enable-lease-controller"] = "true";
            return Set(flags, "kubeconfig", Write(KubeconfigWithoutItsCluster));
        },
        "has no cluster \"hub\", only spoke; name one of these, add it under clusters, or give another kubeconfig");

    [Fact]
    public Task Agent_KubeconfigThatIsNone_NamesFlagAndFile_AndSaysWhatToDo() => RunAgentAsync(
        flags =>
        {
            flags["count-server-leases"] = "true";
            return Set(flags, "kubeconfig", Write("this is not one"));
        },
        "line 1: the file must be keys and values; write it as \"key: value\", or give another file");

    [Fact]
    public Task Server_WithoutAgentAuthentication_DoesNotStart() => RunServerAsync(
        static flags => Set(flags, "cluster-ca-cert", ""), "--insecure-agent-port", nameValue: false);

    private async Task RunServerAsync(Func<Dictionary<string, string>, (string Flag, string Value)> spoil, string text, bool nameValue = true)
    {
        var flags = LoopbackPrograms.Server(Own(new TestCertificates()), Own(new TestCertificates()));
        var (flag, value) = spoil(flags);
        await ExpectFaultAsync(Own(LoopbackPrograms.StartServer(flags)), flag, nameValue ? value : "", text);
    }

    private async Task RunAgentAsync(Func<Dictionary<string, string>, (string Flag, string Value)> spoil, string text, bool nameValue = true)
    {
        var flags = LoopbackPrograms.Agent("agent", Own(new TestCertificates()), FreePorts.Shared.Next(), FreePorts.Shared.Next());
        var (flag, value) = spoil(flags);
        await ExpectFaultAsync(Own(LoopbackPrograms.StartAgent(flags)), flag, nameValue ? value : "", text);
    }

    private static async Task ExpectFaultAsync(ProgramProcess program, string flag, string value, string text)
    {
        await program.ExpectExitAsync(1);
        var lines = program.Lines.Where(static l => l.IsError).Select(static l => l.Text).ToList();
        var sentence = Assert.Single(lines, l => l.Contains($"--{flag}", StringComparison.Ordinal));
        Assert.Equal(sentence, lines[^1]);
        Assert.Contains(value, sentence, StringComparison.Ordinal);
        Assert.Contains(text, sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(lines, static l => l.Contains("Exception", StringComparison.Ordinal) || l.StartsWith("   at ", StringComparison.Ordinal));
    }

    private static async Task ExpectWarningAsync(ProgramProcess program, string healthPort, string text)
    {
        await program.WaitForLineAsync(text);
        await program.WaitForUrlAsync(new Uri($"http://127.0.0.1:{healthPort}/healthz"));
        await program.WaitForLineAsync(" on no port");
    }

    private static (string Flag, string Value) Set(Dictionary<string, string> flags, string flag, string value)
    {
        flags[flag] = value;
        return (flag, value);
    }

    private string Write(string content)
    {
        var file = Own(new TemporaryDirectory()).File("given");
        File.WriteAllText(file, content);
        return file;
    }

    private (string Flag, string Value) Occupy(Dictionary<string, string> flags, string flag)
    {
        var listener = Own(new TcpListener(IPAddress.Loopback, int.Parse(flags[flag])));
        listener.Start();
        return (flag, flags[flag]);
    }
}
