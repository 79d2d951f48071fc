using System.Text.RegularExpressions;
using ClusterProxy.Cli.Kubeconfigs;
using ClusterProxy.Kubernetes.Configuration;

namespace ClusterProxy.Cli.Tests.Kubeconfigs;

public sealed class KubeconfigTests : IDisposable
{
    private const string Hub = """
        apiVersion: v1
        kind: Config
        current-context: hub
        preferences: { colors: true }
        clusters:
        - name: hub
          cluster: { server: "https://hub.example.com:6443", certificate-authority: pki/ca.crt, tls-server-name: kubernetes }
        contexts:
        - name: hub
          context: { cluster: hub, user: me, namespace: team-a }
        - name: beta
          context: { cluster: hub, user: me }
        users:
        - name: me
          user: { client-certificate: pki/me.crt, client-key: pki/me.key }
        """;

    private readonly TemporaryDirectory _directory = new();

    public KubeconfigTests() => File.WriteAllText(Config, Hub);

    private string Config => _directory.File("config");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Kubeconfig_OfTheHub_GetsAContextBesideWhatIsThere()
    {
        var run = Run("alpha");

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        var written = KubeConfig.Load(Config);
        var alpha = written.Access("alpha");
        Assert.Equal("https://hub.example.com:6443/apis/cluster.core.oam.dev/v1alpha1/clustergateways/alpha/proxy", alpha.Cluster.Server.ToString());
        Assert.Equal("kubernetes", alpha.Cluster.TlsServerName);
        Assert.Equal(("hub", "me"), (written.CurrentContext, written.Contexts["alpha"].User));
        Assert.Equal(["beta", "hub"], written.Contexts.Keys.Where(static c => c != "alpha").Order(StringComparer.Ordinal));
        Assert.Contains("colors: true", File.ReadAllText(Config), StringComparison.Ordinal);
        Assert.Equal("team-a", written.Access("hub").Namespace);
        AssertOwnerOnly(Config);
    }

    [Fact]
    public void Kubeconfig_Again_ReplacesItsOwnEntries()
    {
        Run("alpha");
        var first = File.ReadAllText(Config);

        var again = Run("alpha");
        var use = Run("alpha", "--use");

        Assert.Equal((0, 0), (again.ExitCode, use.ExitCode));
        Assert.Equal(first.Replace("current-context: hub", "current-context: \"alpha\"", StringComparison.Ordinal), File.ReadAllText(Config));
    }

    [Theory]
    [InlineData("beta")]
    [InlineData("hub")]
    public void Kubeconfig_NameOfAnotherEntry_IsRefusedAndNothingIsWritten(string name)
    {
        var run = Run("alpha", "--name", name);

        Assert.Equal(1, run.ExitCode);
        Assert.Matches($"has another c[a-z]+ \"{name}\" already; .*--name", run.Errors);
        Assert.Equal(Hub, File.ReadAllText(Config));
    }

    [Fact]
    public void Kubeconfig_ToAnotherFile_BringsItsUserAndAbsolutePaths()
    {
        var other = _directory.File("other");

        Assert.Equal(0, Run("alpha", "--output", other, "--name", "a").ExitCode);

        var text = File.ReadAllText(other);
        Assert.Contains($"client-key: {_directory.Path}/pki/me.key", text, StringComparison.Ordinal);
        Assert.Contains($"certificate-authority: {_directory.Path}/pki/ca.crt", text, StringComparison.Ordinal);
        Assert.Equal(("a", "a"), (KubeConfig.Load(other).CurrentContext, KubeConfig.Load(other).Contexts["a"].User));
        AssertOwnerOnly(other);
    }

    [Fact]
    public void Kubeconfig_ToStandardOutput_IsAWholeKubeconfig()
    {
        var run = Run("alpha", "-o", "-");

        File.WriteAllText(_directory.File("piped"), run.Output);
        Assert.Equal("alpha", KubeConfig.Load(_directory.File("piped")).CurrentContext);
        Assert.Equal(Hub, File.ReadAllText(Config));
    }

    [Fact]
    public void Kubeconfig_DirectWithFiles_NeedsNoHub()
    {
        var (ca, token, fresh) = (_directory.File("ca.crt"), _directory.File("token"), _directory.File("new/config"));
        File.WriteAllText(ca, "");
        File.WriteAllText(token, "secret-token");

        var run = CommandRun.Of(
            KubeconfigCommand.Create(static _ => null), "alpha", "--kubeconfig", fresh, "--gateway", "https://gw.example.com:9443", "--gateway-ca", ca,
            "--token-file", token);

        Assert.Equal((0, ""), (run.ExitCode, run.Output));
        var text = File.ReadAllText(fresh);
        Assert.Contains("https://gw.example.com:9443/apis/cluster.core.oam.dev/v1alpha1/clustergateways/alpha/proxy", text, StringComparison.Ordinal);
        Assert.Contains($"tokenFile: \"{token}\"", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secret-token", text, StringComparison.Ordinal);
        Assert.Equal("alpha", KubeConfig.Load(fresh).CurrentContext);
    }

    [Fact]
    public void Kubeconfig_WhileAnotherProgramWrites_SaysSo()
    {
        File.WriteAllText(Config + ".lock", "");

        var run = Run("alpha");

        Assert.Equal(1, run.ExitCode);
        Assert.Contains(".lock is there", run.Errors, StringComparison.Ordinal);
        Assert.Equal(Hub, File.ReadAllText(Config));
    }

    [Fact]
    public void Kubeconfig_ThatIsALink_StaysOne()
    {
        var link = _directory.File("link");
        File.CreateSymbolicLink(link, Config);

        Assert.Equal(0, CommandRun.Of(KubeconfigCommand.Create(static _ => null), "alpha", "--kubeconfig", link).ExitCode);

        Assert.Equal(Config, new FileInfo(link).LinkTarget);
        Assert.Contains("alpha", KubeConfig.Load(Config).Contexts.Keys);
    }

    [Theory]
    [InlineData("no context \"nowhere\"", "alpha", "--context", "nowhere")]
    [InlineData("\"a/../b\" is no cluster name", "a/../b")]
    [InlineData("write https://host:port", "alpha", "--gateway", "http://gw")]
    [InlineData("--client-certificate and --client-key belong together", "alpha", "--client-key", "k")]
    [InlineData("--gateway-ca goes with --gateway", "alpha", "--gateway-ca", "ca")]
    [InlineData("--token-file=/nowhere: no such file", "alpha", "--token-file", "/nowhere")]
    public void Kubeconfig_WrongInput_IsNamedAndNothingIsWritten(string error, params string[] arguments)
    {
        var run = Run(arguments);

        Assert.NotEqual(0, run.ExitCode);
        Assert.Matches(Regex.Escape(error), run.Errors);
        Assert.Equal(Hub, File.ReadAllText(Config));
    }

    private CommandRun Run(params string[] arguments) =>
        CommandRun.Of(KubeconfigCommand.Create(name => name == KubeConfig.Variable ? Config : null), arguments);

    private static void AssertOwnerOnly(string path)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }
    }
}
