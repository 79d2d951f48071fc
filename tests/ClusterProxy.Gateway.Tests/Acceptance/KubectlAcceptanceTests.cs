using System.Text.Json.Nodes;

namespace ClusterProxy.Gateway.Tests.Acceptance;

/// <summary>What kubectl users do, against the gateway's own port: the steps of the acceptance flow in spec/cluster-gateway.md.</summary>
public sealed class KubectlAcceptanceTests(GatewayBed bed) : IClassFixture<GatewayBed>
{
    private const string Map = """{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"NAME","namespace":"default"},"data":{"k":"v"}}""";

    [SkippableFact]
    public async Task Step2_GetAndWatchClusterGateways_ShowsClustersAsTheyCome()
    {
        using var kubectl = bed.Kubectl();

        var table = await kubectl.RunAsync("get", "clustergateway");
        await using var watch = kubectl.Start("get", "clustergateway", "-w", "-o", "name");
        await watch.WaitForLineAsync("clustergateway.cluster.core.oam.dev/alpha");
        var authority = Convert.ToBase64String(await File.ReadAllBytesAsync(bed.AuthorityFile));
        bed.Hub.Put($$"""
            {"apiVersion":"v1","kind":"Secret","metadata":{"name":"later","namespace":"clusters","labels":{
            "cluster.core.oam.dev/cluster-credential-type":"ServiceAccountToken"} },
            "data":{"endpoint":"aHR0cHM6Ly9sb2NhbGhvc3Q6MQ==","token":"dA==","ca.crt":"{{authority}}"} }
            """);

        await watch.WaitForLineAsync("clustergateway.cluster.core.oam.dev/later");
        Assert.Matches(@"NAME\s.*\nalpha\s", table);
    }

    [SkippableFact]
    public async Task Step3_RawHealthz_IsOk()
    {
        using var kubectl = bed.Kubectl();

        Assert.Equal("ok", await kubectl.RunAsync("get", "--raw", $"{GatewayBed.Prefix}/healthz"));
    }

    [SkippableFact]
    public async Task Step4_KubeconfigPrefix_GetApplyAndWatch()
    {
        using var kubectl = bed.Kubectl(GatewayBed.Prefix);

        await kubectl.RunAsync(Map.Replace("NAME", "applied", StringComparison.Ordinal), 0, "apply", "-f", "-");
        await using var watch = kubectl.Start("get", "configmaps", "-w", "-o", "name");
        await watch.WaitForLineAsync("configmap/applied");
        bed.Managed.Put(Map.Replace("NAME", "seen", StringComparison.Ordinal));
        await watch.WaitForLineAsync("configmap/seen");

        var read = JsonNode.Parse(await kubectl.RunAsync("get", "configmap", "applied", "-o", "json"))!;
        Assert.Equal("v", read["data"]!["k"]!.GetValue<string>());
    }

    [SkippableFact]
    public async Task Step4_KubeconfigPrefix_DryRun()
    {
        using var kubectl = bed.Kubectl(GatewayBed.Prefix);
        await Kubectl.SkipBeforeAsync(27, "ask for a dry run without OpenAPI v2");

        await kubectl.RunAsync(Map.Replace("NAME", "dry", StringComparison.Ordinal), 0, "apply", "--server-side", "--dry-run=server", "-f", "-");

        Assert.Contains(bed.Managed.Requests, static r => r.Query.Contains("dryRun=All", StringComparison.Ordinal));
    }

    [SkippableTheory]
    [InlineData("", "clustergateways.spec.access.credential", "fingerprint")]
    [InlineData(GatewayBed.Prefix, "configmaps", "ConfigMap")]
    public async Task Step4_Explain_ReadsTheGatewaysDocumentAndTheClusters(string path, string field, string expected)
    {
        using var kubectl = bed.Kubectl(path);
        await Kubectl.SkipBeforeAsync(27, "explain by OpenAPI v3");

        Assert.Contains(expected, await kubectl.RunAsync("explain", field), StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Step7_TokenRotated_WatchGoesOnAndNewRequestsUseTheNewOne()
    {
        using var kubectl = bed.Kubectl(GatewayBed.Prefix);
        await using var watch = kubectl.Start("get", "configmaps", "-w", "-o", "name");
        bed.Managed.Put(Map.Replace("NAME", "before-rotation", StringComparison.Ordinal));
        await watch.WaitForLineAsync("configmap/before-rotation");

        bed.PutCluster("gateways-second-token");
        await Eventually.ObserveAsync(async () =>
        {
            await kubectl.RunAsync("get", "configmaps");
            return bed.Managed.Requests.Any(static r => r.Headers.GetValueOrDefault("Authorization") == "Bearer gateways-second-token");
        });
        bed.Managed.Put(Map.Replace("NAME", "after-rotation", StringComparison.Ordinal));

        await watch.WaitForLineAsync("configmap/after-rotation");
        Assert.False(watch.HasExited);
    }

    [SkippableFact]
    public async Task Step9_UserWithoutRights_GetsTheClustersOwn403()
    {
        using var kubectl = bed.Kubectl(GatewayBed.Prefix);
        bed.Managed.Forbidden = static r => r.Path.EndsWith("/secrets", StringComparison.Ordinal)
            && r.Headers.GetValueOrDefault("Impersonate-User") == "alice";

        var error = await kubectl.FailAsync("get", "secrets");

        Assert.Contains("forbidden", error, StringComparison.OrdinalIgnoreCase);
    }

    [SkippableFact]
    public async Task UnknownCluster_Is404()
    {
        using var kubectl = bed.Kubectl();

        var error = await kubectl.FailAsync("get", "--raw", GatewayBed.Prefix.Replace("alpha", "nowhere", StringComparison.Ordinal) + "/healthz");

        Assert.Contains("NotFound", error, StringComparison.Ordinal);
    }
}
