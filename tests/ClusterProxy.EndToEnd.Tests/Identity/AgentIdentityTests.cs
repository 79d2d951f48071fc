using ClusterProxy.Agent;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Agents.Identity;
using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Identity;

/// <summary>Agents that announce what is theirs, and what is not.</summary>
public sealed class AgentIdentityTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Refused = "clusterproxy_server_agents_refused_total";

    [Fact]
    public async Task Agent_MayAnnounceWhatIsItsClusters_AndIsFoundByIt()
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(Bound());
        string[] hosts = ["alpha", "alpha.addon", Protocol.ServiceProxyHost.Of("alpha")];

        await StartAgentAsync(fixture, "alpha", string.Join('&', hosts.Select(static h => $"host={h}")), target.Port);
        await fixture.WaitForAgentsAsync();

        foreach (var host in hosts)
        {
            Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri($"http://{host}:80/")).DefaultTimeout());
        }

        Assert.Equal("alpha", Assert.Single(fixture.Server.Agents.Tunnels).Agent.Cluster);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_identity_info", 1, ("mode", "certificate"));
    }

    [Theory]
    [InlineData("spiffe://hub/cluster/beta", "host=alpha", "foreign_identifier")]
    [InlineData("spiffe://hub/cluster/beta", "host=beta&host=alpha", "foreign_identifier")]
    [InlineData("spiffe://hub/cluster/beta", "host=beta&default-route=true", "foreign_identifier")]
    [InlineData("spiffe://hub/cluster/beta", "ipv4=10.0.0.1", "foreign_identifier")]
    [InlineData("", "host=alpha", "no_cluster")]
    [InlineData("", "", "no_cluster")]
    [InlineData("spiffe://hub/cluster/alpha%2fbeta", "host=alpha", "invalid_identity")]
    public async Task Agent_ThatAnnouncesWhatIsNotItsClusters_IsRefused_Counted_AndLogged_AndTheOwnerKeepsItsTraffic(
        string uri, string identifiers, string reason)
    {
        var target = await StartHttpTargetAsync();
        var fixture = await StartAsync(Bound());
        await StartAgentAsync(fixture, "alpha", "host=alpha", target.Port);
        await fixture.WaitForAgentsAsync();
        var thief = fixture.AgentPlane.Client("thief", uri.Length > 0 ? [uri] : []);

        var agent = await fixture.StartAgentAsync(o => o with
        {
            // The other's id does not help either.
            AgentId = "agent-alpha",
            AgentCert = thief.CertificateFile,
            AgentKey = thief.KeyFile,
            AgentIdentifiers = identifiers,
        });

        await fixture.ServerMetrics.WaitForAsync(Refused, static v => v >= 1, ("reason", reason));
        var log = await fixture.Log.Log.WaitForAsync("AgentIdentityRefused").DefaultTimeout();
        Assert.Equal(LogLevel.Warning, log.Level);
        var told = await fixture.Log.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        Assert.Contains(log.Message[(log.Message.IndexOf("refused: ", StringComparison.Ordinal) + 9)..][..40], told.Message, StringComparison.Ordinal);
        await ShouldBeSeenAsync(fixture);
        Assert.Equal(0, agent.OpenTunnels);
        Assert.Single(fixture.Server.Agents.Tunnels);
        Assert.Equal(target.Body, await fixture.Http(FrontendKind.GrpcTls).GetStringAsync(new Uri("http://alpha:80/")).DefaultTimeout());
    }

    [Fact]
    public async Task Agent_WithTheIdOfAnotherClusters_DoesNotTakeItsPlace()
    {
        var fixture = await StartAsync(Bound());
        foreach (var cluster in (string[])["alpha", "beta"])
        {
            await StartAgentAsync(fixture, cluster, $"host={cluster}", port: 1, id: "same");
        }

        await fixture.WaitForAgentsAsync();

        Assert.Equal(["alpha/same", "beta/same"], fixture.Server.Agents.Tunnels.Select(static t => t.Agent.Key).Order(StringComparer.Ordinal));
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.ReadyBackends, 2, ("proxy_strategy", "default"));
        await ShouldBeSeenAsync(fixture);
    }

    [Theory]
    [InlineData("beta", "foreign_identifier")]
    [InlineData("", "no_cluster")]
    public async Task Lane_WithTheTokenOfAnotherClustersTunnel_IsRefused(string cluster, string reason)
    {
        var fixture = await StartAsync(Bound());
        await StartAgentAsync(fixture, "alpha", "host=alpha", port: 1);
        await fixture.WaitForAgentsAsync();
        var thief = fixture.AgentPlane.Client("thief", cluster.Length > 0 ? [$"spiffe://hub/cluster/{cluster}"] : []);
        await using var tls = await Sockets.ConnectTlsAsync(
            fixture.Server.AgentPort, fixture.AgentPlane, thief, LaneProtocol.Alpn.ToString());

        var refusal = await LaneHandshake.OpenAsync(
            new PacketReader(LaneProtocol.CreateInput(tls)), LaneProtocol.CreateOutput(tls),
            Assert.Single(fixture.Server.Agents.Tunnels).LaneToken, CancellationToken.None).DefaultTimeout();

        Assert.Contains("certificate", refusal, StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync(Refused, 1, ("reason", reason));
        await ShouldBeSeenAsync(fixture);
    }

    [Fact]
    public async Task Claimed_IsUpstreamsOpenBehaviour_AndSaidLoudly()
    {
        var fixture = await StartAsync(new() { Agent = static (o, _) => o with { AgentIdentifiers = "host=alpha&ipv4=10.0.0.1&default-route=true" } });

        Assert.Equal("", Assert.Single(fixture.Server.Agents.Tunnels).Agent.Cluster);
        var log = fixture.Log.Records.Single(static r => r.EventName == "AgentIdentityClaimed");
        Assert.Equal(LogLevel.Warning, log.Level);
        Assert.Contains("upstream's flags only", log.Message, StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_agent_identity_info", 1, ("mode", "claimed"));
    }

    private static TunnelSetup Bound() => new()
    {
        Agents = 0,
        Server = static o => o with
        {
            AgentIdentity = AgentIdentityMode.Certificate,
            ProxyStrategies = [Server.ProxyStrategy.DestHost, Server.ProxyStrategy.Default],
        },
    };

    private static Task<ProxyAgentHost> StartAgentAsync(TunnelFixture fixture, string cluster, string identifiers, int port, string? id = null)
    {
        var certificate = fixture.AgentPlane.Client(cluster, $"spiffe://hub/cluster/{cluster}");
        return fixture.StartAgentAsync(o => o with
        {
            AgentId = id ?? $"agent-{cluster}",
            AgentCert = certificate.CertificateFile,
            AgentKey = certificate.KeyFile,
            AgentIdentifiers = identifiers,
            TargetAlias = [.. new[] { cluster, $"{cluster}.addon", Protocol.ServiceProxyHost.Of(cluster) }.Select(h => $"{h}:80=127.0.0.1:{port}")],
        });
    }
}
