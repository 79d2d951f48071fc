using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Tests.Servers;

/// <summary>What the agent does when servers say which servers there are.</summary>
public sealed class AnnouncedServersTests : IDisposable
{
    private const string OpenServers = "konnectivity_network_proxy_agent_open_server_connections";
    private const string KnownServers = "konnectivity_network_proxy_agent_known_server_count";

    /// <summary>Whoever waits for this has not come to the end of the test.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    /// <summary>Collecting them would take eleven tries, one after the other, with a pause between any two.</summary>
    [Fact]
    public async Task FiveServers_BehindALoadBalancer_AreEachDialledOnce_AndAtOnce()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b", "c", "d", "e");
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, balancer.Port) with
        {
            SyncInterval = Never,
            SyncIntervalCap = Never,
        });

        await agent.WaitForMetricAsync(OpenServers, 5);

        Assert.All(fleet.Servers, static s => Assert.Equal(1, s.Calls.Value));
        Assert.Equal(1, balancer.Accepted.Value);
        await agent.WaitForMetricAsync(KnownServers, 5);
    }

    [Fact]
    public async Task Server_ComesAndGoes_GetsATunnelAndIsDrained()
    {
        await using var target = new EchoTarget();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        fleet["a"].Servers = fleet.List("a");
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);
        var first = await fleet["a"].TunnelAsync();
        await agent.WaitForMetricAsync(KnownServers, 1);

        await first.SendServersAsync(fleet.List("a", "b"));
        var second = await fleet["b"].TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);
        var connection = await second.ConnectAsync(target.Address);

        // It is there as long as anyone says so.
        await first.SendServersAsync(fleet.List("a"));
        await second.SendServersAsync(fleet.List("a"));

        await second.ReceiveAsync(PacketType.Drain);
        await second.SendDataAsync(connection, "x"u8.ToArray());
        await second.ReceiveDataAsync(connection, 1);
        await second.SendCloseAsync(connection);
        await second.ReceiveCloseAsync(connection);
        Assert.True(await second.AgentEnded.Task.DefaultTimeout(), "the tunnel should end in order when its connections have");
        Assert.Equal(1, agent.Host.OpenTunnels);
        await agent.WaitForMetricAsync(KnownServers, 1);
    }

    [Fact]
    public async Task Server_NotWhereItIsSaidToBe_IsFoundThroughTheLoadBalancer()
    {
        using var refusing = new RefusingPort();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = fleet.List("a", "b");
        list.Servers[1].Port = refusing.Port;
        fleet.Announce(list);
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        await OneEachAsync(fleet);
    }

    [Fact]
    public async Task Server_AtTheAddressOfAnother_IsFoundThroughTheLoadBalancer()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = fleet.List("a", "b");
        list.Servers[1].Port = list.Servers[0].Port;
        fleet.Announce(list);
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        await OneEachAsync(fleet);
    }

    /// <summary>As one that many agents come to at one time.</summary>
    [Fact]
    public async Task Server_ThatTurnsSomeAway_IsNotLookedForThroughTheLoadBalancer()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        await using var balancer = new TcpRelay(fleet["a"].Port);
        fleet.TurnAway("b", times: 2);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.Equal(3, fleet["b"].Calls.Value);
        Assert.Equal(1, balancer.Accepted.Value);
    }

    [Fact]
    public async Task Tunnels_AllLost_AreReplacedDirectly()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);
        await agent.WaitForMetricAsync(OpenServers, 2);
        balancer.RefuseNew = true;

        foreach (var server in fleet.Servers)
        {
            (await server.TunnelAsync()).Abort();
        }

        foreach (var server in fleet.Servers)
        {
            await server.TunnelAsync(1);
        }

        await agent.WaitForMetricAsync(OpenServers, 2);
    }

    /// <summary>As from DNS.</summary>
    [Fact]
    public async Task Servers_WithoutIds_AreConnectedTo_AndKnownByWhatTheySay()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = fleet.List("a", "b");
        foreach (var server in list.Servers)
        {
            server.Id = "";
            server.CertificateName = "localhost";
        }

        fleet.Announce(list);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);

        await agent.WaitForMetricAsync(OpenServers, 2);
        await fleet["b"].TunnelAsync();

        // The one that was found first is asked once more who it is.
        await fleet["a"].TunnelAsync(1);
        await fleet["a"].Open.WaitForAsync(1).DefaultTimeout();
        await agent.WaitForMetricAsync(OpenServers, 2);
    }

    /// <summary>Nobody says which of the announced ones it is, so it must not be taken for one that is not wanted.</summary>
    [Fact]
    public async Task ServerWithoutId_NotWhereItIsSaidToBe_StaysWhereTheLoadBalancerFoundIt()
    {
        const int GivenUpAfter = 6;
        using var refusing = new RefusingPort();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = fleet.List("a", "b");
        foreach (var server in list.Servers)
        {
            server.Id = "";
            server.CertificateName = "localhost";
        }

        list.Servers[1].Port = refusing.Port;
        fleet.Announce(list);
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);
        await agent.WaitForMetricAsync(OpenServers, 2);

        await Eventually.ObserveAsync(
            () => Task.FromResult(agent.Records.Count(static r => r.EventName == "ConnectFailed")), static failed => failed >= GivenUpAfter);

        Assert.DoesNotContain(agent.Records, static r => r.EventName == "TunnelDismissed" && Equals(r.Values["ServerId"], "b"));
        Assert.Equal(1, fleet["b"].Open.Value);
    }

    [Fact]
    public async Task Server_WithoutTheNameThatItsCertificateShouldBear_IsNotConnectedTo()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = fleet.List("a", "b");
        list.Servers[1].CertificateName = "hub.example.com";
        fleet.Announce(list);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);

        var failure = await agent.Log.WaitForAsync("ConnectFailed").DefaultTimeout();

        Assert.Contains("hub.example.com", failure.Message, StringComparison.Ordinal);
        Assert.Equal(0, fleet["b"].Calls.Value);
    }

    [Fact]
    public async Task Announcement_OfAServerThatDidNotSayItUnderstandsThem_IsNothing()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        fleet["a"].Features = "ping";
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);
        var tunnel = await fleet["a"].TunnelAsync();

        await tunnel.SendServersAsync(fleet.List("a", "b"));

        await agent.Log.WaitForAsync("PacketIgnored").DefaultTimeout();
        Assert.Equal(0, fleet["b"].Calls.Value);
        await agent.WaitForMetricAsync(KnownServers, 1);
    }

    [Fact]
    public async Task WithoutTheFeature_AnnouncesNothingAndFollowsNothing()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, fleet["a"].Port) with { WithoutFeatures = Protocol.TunnelFeatureSet.Servers });
        var tunnel = await fleet["a"].TunnelAsync();

        await tunnel.SendServersAsync(fleet.List("a", "b"));

        await agent.Log.WaitForAsync("PacketIgnored").DefaultTimeout();
        Assert.Equal(0, fleet["b"].Calls.Value);
        Assert.DoesNotContain("servers", tunnel.Metadata["clusterproxy-features"].ToString(), StringComparison.Ordinal);
    }

    /// <summary>A second tunnel to one of them was dropped by the agent, which the server may learn later.</summary>
    private static async Task OneEachAsync(ScriptedFleet fleet)
    {
        foreach (var server in fleet.Servers)
        {
            await server.Open.WaitForAsync(1).DefaultTimeout();
        }
    }
}
