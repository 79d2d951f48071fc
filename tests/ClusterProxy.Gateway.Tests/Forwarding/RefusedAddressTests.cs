using System.Net;
using ClusterProxy.Gateway.Tests.Kit;

namespace ClusterProxy.Gateway.Tests.Forwarding;

/// <summary>Names that lead where a cluster's address may not: what counts is what is about to be dialled.</summary>
public sealed class RefusedAddressTests
{
    [Fact]
    public async Task NameThatLeadsToThisMachine_IsNotDialled_UnlessAFileSaysSo()
    {
        await using var gateway = await ForwarderFixture.StartAsync(static o => o with { AllowClusterNetworks = [] });
        await using var cluster = new RawCluster(gateway.Certificates, "localhost");
        var name = new Uri($"https://localhost:{cluster.Port}");
        gateway.AddCluster("hubs", cluster.Port, e => e with { Address = name });
        gateway.AddCluster("files", cluster.Port, e => e with { Address = name, IsOfFile = true });
        using var client = gateway.Client();

        var (code, _, message) = await client.GetAsync("/hubs/x").StatusAsync();

        Assert.Equal(503, code);
        Assert.Contains("localhost: ", message, StringComparison.Ordinal);
        Assert.Contains("is the gateway's own machine", message, StringComparison.Ordinal);
        Assert.Empty(cluster.Requests.Items);
        using var answer = await client.GetAsync("/files/x").DefaultTimeout();
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task ProxyBeforeACluster_IsJudgedInItsPlace()
    {
        await using var gateway = await ForwarderFixture.StartAsync(static o => o with { AllowClusterNetworks = [] });
        await using var cluster = new RawCluster(gateway.Certificates);
        await using var proxy = new ConnectProxy();
        gateway.AddCluster("alpha", cluster.Port, e => e with { ProxyUrl = proxy.Url });
        using var client = gateway.Client();

        var (code, _, message) = await client.GetAsync("/alpha/x").StatusAsync();

        Assert.Equal(503, code);
        Assert.Contains("--allow-cluster-networks=127.0.0.1/32", message, StringComparison.Ordinal);
        Assert.Empty(proxy.Requests.Items);
    }
}
