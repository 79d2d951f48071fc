using ClusterProxy.Gateway.Clusters;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>A cluster that a prober has marked, with <c>--feature-gates=HealthinessCheck=true</c>.</summary>
public sealed class UnhealthyTests : ForwarderTest
{
    private protected override Func<GatewayOptions, GatewayOptions> Options => static o => o with
    {
        FeatureGates = FeatureGates.TryParse("HealthinessCheck=true", out var gates) ? gates : throw new InvalidOperationException(),
    };

    [Fact]
    public async Task MarkedCluster_IsRefusedAtOnce_UntilItIsHealthy()
    {
        await using var cluster = new RawCluster(Gateway.Certificates);
        var described = Gateway.AddCluster("alpha", cluster.Port);
        using var client = Gateway.Client();
        Gateway.Clusters.Put(described with { Health = new ClusterHealth(false, "ConnectionTimeout") });

        var refused = await client.AskAsync("/alpha/x").StatusAsync();

        Assert.Equal((503, "ServiceUnavailable", "cluster \"alpha\" is marked unhealthy: ConnectionTimeout"), refused);
        Assert.Equal(503, (await client.AskAsync("/alpha/healthzz").StatusAsync()).Code);
        Assert.Empty(cluster.Requests.Items);
        using var nothing = new StringContent("");
        Assert.Equal(503, (await client.PostAsync("/alpha/healthz", nothing).StatusAsync()).Code);
        Assert.Empty(cluster.Requests.Items);
        using var head = await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, "/alpha/readyz")).DefaultTimeout();
        Assert.True(head.IsSuccessStatusCode);
        foreach (var path in (string[])["healthz", "livez/etcd?verbose", "readyz?exclude=etcd"])
        {
            using var probed = await client.AskAsync($"/alpha/{path}");
            Assert.True(probed.IsSuccessStatusCode);
        }

        Gateway.Clusters.Put(described with { Health = new ClusterHealth(true, "") });
        using var answer = await client.AskAsync("/alpha/x");
        Assert.True(answer.IsSuccessStatusCode);
    }
}
