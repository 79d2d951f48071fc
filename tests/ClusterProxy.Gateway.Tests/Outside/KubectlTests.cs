using ClusterProxy.Gateway.Tests.Acceptance;
using ClusterProxy.Gateway.Tests.Kit;
using ClusterProxy.Testing.KubernetesApi;

namespace ClusterProxy.Gateway.Tests.Outside;

/// <summary>kubectl at a hub that sends the gateway's API group on to the gateway, as kube-apiserver does.</summary>
public sealed class KubectlTests : IAsyncLifetime
{
    private const string Group = "cluster.core.oam.dev";

    private readonly TemporaryDirectory _home = new();
    private GatewayFixture _gateway = null!;

    public async Task InitializeAsync()
    {
        _gateway = await GatewayFixture.StartAsync();
        _gateway.Hub.Aggregated = new AggregatedApi(
            Group, _gateway.Url, _gateway.FrontProxies.Client("kube-aggregator").Certificate, _gateway.Serving.Authority.Certificate);
        _gateway.Hub.Resources =
        [
            .. ApiResources.All,
            new ApiResource(Group, "v1alpha1", "ClusterGateway", "clustergateways", false) { Subresources = ["proxy", "health"] },
            new ApiResource(Group, "v1alpha1", "VirtualCluster", "virtualclusters", false) { ShortNames = ["vc"] },
        ];
        await File.WriteAllTextAsync(_home.File("config"), _gateway.Hub.KubeConfigText());
        _gateway.Put("alpha");
    }

    public async Task DisposeAsync()
    {
        await _gateway.DisposeAsync();
        _home.Dispose();
    }

    [SkippableFact]
    public async Task Get_PrintsTheColumns()
    {
        var gateways = await RunAsync("get", "clustergateway");
        var clusters = await RunAsync("get", "vc", "-l", $"{Group}/control-plane=false");
        var one = await RunAsync("get", "clustergateway", "alpha", "-o", "yaml");

        Assert.Matches("NAME +PROVIDER +CREDENTIAL-TYPE +ENDPOINT-TYPE +HEALTHY", gateways);
        Assert.Matches("alpha +ServiceAccountToken +Const +false", gateways);
        Assert.Matches("alpha +alias of alpha +ServiceAccountToken +https://alpha.example:6443 +true", clusters);
        Assert.DoesNotContain("local", clusters, StringComparison.Ordinal);
        Assert.Contains("fingerprint: abc123", one, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Watch_ShowsWhatComes()
    {
        SkipWithoutKubectl();
        await using var watch = ProgramProcess.Start("kubectl", Arguments("get", "clustergateways", "-w", "-o", "name"), Environment);
        await watch.WaitForLineAsync($"clustergateway.{Group}/alpha");

        _gateway.Put("beta");

        await watch.WaitForLineAsync($"clustergateway.{Group}/beta");
    }

    [SkippableFact]
    public async Task Explain_KnowsTheFields()
    {
        await Kubectl.SkipBeforeAsync(27, "explain by OpenAPI v3");
        var text = await RunAsync("explain", "clustergateways.spec.access.credential");

        Assert.Contains("fingerprint", text, StringComparison.Ordinal);
        Assert.Contains("expirationTimestamp", text, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Raw_ReadsAnyPath() =>
        Assert.Contains("\"kind\":\"APIResourceList\"", await RunAsync("get", "--raw", $"/apis/{Group}/v1alpha1"), StringComparison.Ordinal);

    private KeyValuePair<string, string?>[] Environment => [new("HOME", _home.Path), new("KUBECONFIG", _home.File("config"))];

    private static string[] Arguments(params string[] arguments) => ["--request-timeout=20s", .. arguments];

    private static void SkipWithoutKubectl() => Skip.IfNot(OutsideProgram.IsInstalled("kubectl"), "kubectl is not installed");

    private async Task<string> RunAsync(params string[] arguments)
    {
        SkipWithoutKubectl();
        await using var process = ProgramProcess.Start("kubectl", Arguments(arguments), Environment);
        process.CloseInput();
        await process.ExpectExitAsync(0);
        return string.Join('\n', process.Lines.Where(static l => !l.IsError).Select(static l => l.Text));
    }
}
