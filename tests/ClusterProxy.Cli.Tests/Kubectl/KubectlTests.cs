using ClusterProxy.Cli.Tests.Topology;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Cli.Tests.Kubectl;

/// <summary><c>clusterproxy kubectl</c> over the tunnel, and what it does with any kubectl. Over the gateway: the gateway's own tests.</summary>
public sealed class KubectlTests(RunningProxy proxy) : IClassFixture<RunningProxy>, IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [SkippableFact]
    public async Task Kubectl_OverTheTunnel_WorksWithTheClustersApi()
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");
        proxy.Api.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"seen"},"data":{"k":"v"}}""");

        await using var get = Run("get", "configmaps", "-o", "name");
        await get.ExpectExitAsync(0);
        await using var watch = Run("get", "configmaps", "-w", "-o", "name");
        await watch.WaitForLineAsync("configmap/seen");
        proxy.Api.Put("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"later"},"data":{"k":"v"}}""");
        await watch.WaitForLineAsync("configmap/later");
        watch.Signal(ProgramSignal.Terminate);
        await watch.Ended.DefaultTimeout();

        Assert.Contains(get.Lines, static l => l.Text == "configmap/seen");
        Assert.Empty(Directory.GetDirectories(_directory.Path, "clusterproxy-*"));
    }

    [SkippableFact]
    public async Task Kubectl_ExitCode_IsKubectls()
    {
        Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");

        await using var cli = Run("get", "configmap", "missing");

        await cli.ExpectExitAsync(1);
        Assert.Contains(cli.Lines, static l => l.Text.Contains("\"missing\" not found", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kubectl_AnyProgram_GetsItsArgumentsAndAKubeconfigWithoutSecrets()
    {
        var script = _directory.File("kubectl.sh");
        File.WriteAllText(script, "#!/bin/sh\necho \"args:$*\"\nls -l \"${KUBECONFIG%%:*}\"\ncat \"${KUBECONFIG%%:*}\"\nexit 7\n");
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        }

        await using var cli = RunProgram(script, "get", "pods", "--as=x y");
        await cli.ExpectExitAsync(7);

        var lines = cli.Lines.Select(static l => l.Text).ToArray();
        Assert.Contains("args:get pods --as=x y", lines);
        Assert.Contains(lines, static l => l.StartsWith("-rw------- ", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, static l => l.Contains(FakeKubernetesApi.AdminToken, StringComparison.Ordinal));
        Assert.Empty(Directory.GetDirectories(_directory.Path, "clusterproxy-*"));
    }

    [Fact]
    public async Task Kubectl_Missing_IsNamed()
    {
        await using var cli = RunProgram("no-such-kubectl", "version");

        await cli.ExpectExitAsync(1);

        Assert.Contains(cli.Lines, static l => l.Text.Contains("no-such-kubectl: cannot be run", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Kubectl_OverTheTunnelWithoutAUser_SendsTheHubsToNobody()
    {
        await using var cli = proxy.Cli(["kubectl", "alpha", .. proxy.Tcp, "--", "get", "pods"]);

        await cli.ExpectExitAsync(2);

        Assert.Contains(cli.Lines, static l => l.Text.Contains("nothing says as whom", StringComparison.Ordinal));
    }

    private ProgramProcess Run(params string[] arguments) => RunProgram("kubectl", arguments);

    private ProgramProcess RunProgram(string program, params string[] arguments)
    {
        var token = _directory.File("token");
        File.WriteAllText(token, FakeKubernetesApi.AdminToken);
        return ProgramProcess.StartBuilt(
            BuiltProgram.Cli,
            [
                "kubectl", "alpha", .. proxy.Tcp, "--target-ca", proxy.Api.Certificates.AuthorityFile, "--token-file", token,
                "--kubectl", program, "--", .. arguments,
            ],
            [new("HOME", _directory.Path), new("KUBECONFIG", null), new("TMPDIR", _directory.Path)]);
    }
}
