using ClusterProxy.Client;
using ClusterProxy.Protocol;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Identity;

/// <summary>Agents that show the token of an account in their cluster's namespace on the hub, instead of a certificate that names the cluster.</summary>
public sealed class TokenIdentityTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Fact]
    public async Task Agent_IsOfTheClusterOfItsTokensNamespace_AndIsFoundByItsHosts()
    {
        var audit = Own(new AuditFile());
        var target = await StartHttpTargetAsync();
        var fixture = await StartWithAgentAsync("alpha", target.Port, o => audit.Use(o) with { ProxyStrategies = [ProxyStrategy.DestHost] });
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_identity_info", 1, ("mode", "token"));

        foreach (var host in Hosts("alpha"))
        {
            Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri($"http://{host}:80/")).DefaultTimeout());
        }

        var tunnel = Assert.Single(fixture.Server.Agents.Tunnels);
        Assert.Equal(("alpha", "alpha/alpha-cluster-proxy-agent"), (tunnel.Agent.Cluster, tunnel.Agent.Token?.Account));
        await audit.WaitForAsync(("event", "dial"), ("result", "connected"), ("cluster", "alpha"));

        // No certificate stands behind a lane of such an agent: the token that only its tunnel was told must do.
        await Eventually.ObserveAsync(() => Task.FromResult(tunnel.Lanes.Count), static count => count > 0);
    }

    [Fact]
    public async Task RightToACluster_LeadsToNoAgentOfAnothersToken_WhateverTheStrategy()
    {
        var policy = Own(new TemporaryDirectory()).File("policy.yaml");
        File.WriteAllText(policy, "rules:\n- subjects: [\"*\"]\n  clusters: [alpha, beta]");
        var target = await StartHttpTargetAsync();
        var fixture = await StartWithAgentAsync("alpha", target.Port, o => o with { ProxyStrategies = [ProxyStrategy.Default], FrontendPolicy = policy });

        var error = await Assert.ThrowsAsync<TunnelConnectException>(
            () => fixture.Client(FrontendKind.GrpcTls).ConnectAsync("beta:80").DefaultTimeout());

        Assert.Contains("No agent available", error.Message, StringComparison.Ordinal);
        Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri("http://alpha:80/")).DefaultTimeout());
    }

    private static string[] Hosts(string cluster) => [cluster, $"{cluster}.addon", ServiceProxyHost.Of(cluster)];

    private async Task<TunnelFixture> StartWithAgentAsync(string cluster, int port, Func<ServerOptions, ServerOptions> server)
    {
        var api = Own(await TestApiServer.StartAsync());
        api.AddClusterToken("token-of-alpha", cluster);
        var fixture = await StartAsync(new() { Agents = 0, Server = o => server(api.WithClusterTokens(o)) });
        await fixture.StartAgentAsync(o => o with
        {
            AgentCert = "",
            AgentKey = "",
            ServiceAccountTokenPath = api.Write("token", "token-of-alpha"),
            AgentIdentifiers = string.Join('&', Hosts(cluster).Select(static h => $"host={h}")),
            TargetAlias = [.. Hosts(cluster).Append("beta").Select(h => $"{h}:80=127.0.0.1:{port}")],
        });
        await fixture.WaitForAgentsAsync();
        return fixture;
    }
}
