using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents.Identity;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Policy;

/// <summary>A right to a cluster, where the strategy knows none.</summary>
public sealed class ClusterRoutingTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task RightToACluster_LeadsToItsAgentsOnly(bool byHost)
    {
        await using var server = await StartAsync(
            "clusters: [alpha]", AgentIdentityMode.Certificate, byHost ? ProxyStrategy.DestHost : ProxyStrategy.Default);
        var alpha = await ConnectAsync(server, "alpha");
        var beta = await ConnectAsync(server, "beta");
        for (var i = 1; i <= 20; i++)
        {
            var frontend = await server.OpenFrontendAsync();
            var accepted = alpha.AcceptAsync(i);
            await frontend.DialAsync("alpha:443");
            await accepted;
        }

        await alpha.DisposeAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.Length), static left => left == 1);
        var late = await server.OpenFrontendAsync();
        await late.SendAsync(PacketFactory.DialRequest("tcp", "alpha:443", 7));

        Assert.Equal("No agent available", (await late.HearAsync(PacketType.DialRsp)).DialResponse.Error);
        Assert.Equal(0, server.PendingCount);
        Assert.NotNull(beta);
    }

    [Theory]
    [InlineData("hosts: [alpha]", true)]
    [InlineData("clusters: [\"*\"]", true)]
    [InlineData("clusters: [alpha]", false)]
    public async Task RightToAHost_OrWhereAgentsHaveNoCluster_LeadsToAnyAgent(string right, bool bound)
    {
        await using var server = await StartAsync(
            right, bound ? AgentIdentityMode.Certificate : AgentIdentityMode.Claimed, ProxyStrategy.Default);
        var beta = await ConnectAsync(server, "beta");
        var frontend = await server.OpenFrontendAsync();
        var accepted = beta.AcceptAsync(1);

        await frontend.DialAsync("alpha:443");
        await accepted;
    }

    private Task<TestServer> StartAsync(string right, AgentIdentityMode identity, ProxyStrategy strategy)
    {
        var policy = _folder.File("policy.yaml");
        File.WriteAllText(policy, $"rules:\n- subjects: [\"*\"]\n  {right}\n");
        return TestServer.StartAsync(o => o with { FrontendPolicy = policy, AgentIdentity = identity, ProxyStrategies = [strategy] });
    }

    private static Task<ScriptedPeer> ConnectAsync(TestServer server, string cluster)
    {
        server.AgentCertificate = server.AgentCertificates.Client(cluster, $"spiffe://hub/cluster/{cluster}");
        return server.ConnectAgentAsync($"agent-{cluster}", $"host={cluster}");
    }
}
