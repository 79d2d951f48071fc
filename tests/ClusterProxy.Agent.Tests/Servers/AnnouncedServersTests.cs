using System.Net;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using Microsoft.AspNetCore.Http;

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
        await using var fleet = await FleetAsync("a", "b", "c", "d", "e");
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
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
        var list = fleet.List("a", "b");
        list.Servers[1].Port = refusing.Port;
        fleet.Announce(list);
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.All(fleet.Servers, static s => Assert.Equal(1, s.Open.Value));
    }

    [Fact]
    public async Task Server_AtTheAddressOfAnother_IsFoundThroughTheLoadBalancer()
    {
        await using var fleet = await FleetAsync("a", "b");
        var list = fleet.List("a", "b");
        list.Servers[1].Port = list.Servers[0].Port;
        fleet.Announce(list);
        await using var balancer = fleet.Balance();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.All(fleet.Servers, static s => Assert.Equal(1, s.Open.Value));
    }

    /// <summary>As one that many agents come to at one time.</summary>
    [Fact]
    public async Task Server_ThatTurnsSomeAway_IsNotLookedForThroughTheLoadBalancer()
    {
        await using var fleet = await FleetAsync("a", "b");
        await using var balancer = new TcpRelay(fleet["a"].Port);
        TurnAway(fleet["b"], times: 2);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.Equal(3, fleet["b"].Calls.Value);
        Assert.Equal(1, balancer.Accepted.Value);
    }

    [Fact]
    public async Task Tunnels_AllLost_AreReplacedDirectly()
    {
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
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
        await using var fleet = await FleetAsync("a", "b");
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, fleet["a"].Port) with { WithoutFeatures = Protocol.TunnelFeatureSet.Servers });
        var tunnel = await fleet["a"].TunnelAsync();

        await tunnel.SendServersAsync(fleet.List("a", "b"));

        await agent.Log.WaitForAsync("PacketIgnored").DefaultTimeout();
        Assert.Equal(0, fleet["b"].Calls.Value);
        Assert.DoesNotContain("servers", tunnel.Metadata["clusterproxy-features"].ToString(), StringComparison.Ordinal);
    }

    /// <summary>The order of c1 is c, a, b by the vectors of proto/README.md.</summary>
    [Fact]
    public async Task FanOut_KeepsTwoByHash_AndLeavesTheOneThatWasFoundFirst()
    {
        await using var fleet = await FleetAsync("a", "b", "c");
        fleet.Announce(Two(fleet.List("a", "b", "c")));
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["b"].Port);

        var found = await fleet["b"].TunnelAsync();
        await fleet["c"].TunnelAsync();
        await fleet["a"].TunnelAsync();
        await found.ReceiveAsync(PacketType.Drain);

        await agent.WaitForMetricAsync(KnownServers, 2);
        Assert.Equal(2, agent.Host.OpenTunnels);
        Assert.All(fleet.Servers, static s => Assert.Equal(1, s.Calls.Value));
    }

    /// <summary>As a name announces a server that has an address of each family: both addresses come first in the order of the key.</summary>
    [Fact]
    public async Task FanOut_ServerWithoutId_AtTwoAddresses_CountsOnce()
    {
        await using var fleet = await FleetAsync("a", "b");
        await using var other = new TcpRelay(fleet["a"].Port);
        var list = fleet.List("a", "b");
        list.Servers.Add(new ListedServer { Host = "127.0.0.1", Port = other.Port });
        foreach (var server in list.Servers)
        {
            (server.Id, server.CertificateName) = ("", "localhost");
        }

        (list.FanOut, list.Key) = (2, KeyWhoseLastIs(list.Servers[1], list));
        fleet.Announce(list);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        await agent.WaitForMetricAsync(KnownServers, 2);
        foreach (var server in fleet.Servers)
        {
            await server.Open.WaitForAsync(1).DefaultTimeout();
        }
    }

    /// <summary>The order of c1 is c, a, b.</summary>
    [Fact]
    public async Task FanOut_ServerThatTurnsSomeAway_IsWaitedForLonger_ThanOneThatIsNotThere()
    {
        await using var fleet = await FleetAsync("a", "b", "c");
        fleet.Announce(Two(fleet.List("a", "b", "c")));
        TurnAway(fleet["a"], times: 5);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["c"].Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.Equal(6, fleet["a"].Calls.Value);
        Assert.Equal(0, fleet["b"].Calls.Value);
    }

    [Fact]
    public async Task FanOut_ServerThatFails_IsReplacedByTheNext_UntilItIsBack()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await FleetAsync("a", "b");
        var list = Two(fleet.List("a", "b"));
        list.Servers.Add(new ListedServer { Id = "c", Host = "127.0.0.1", Port = port });
        fleet.Announce(list);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);
        var substitute = await fleet["b"].TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);

        await using var back = await ScriptedServer.StartAsync(_certificates, port);
        (back.ServerId, back.Features, back.Servers) = ("c", "servers", list);

        await back.TunnelAsync();
        await substitute.ReceiveAsync(PacketType.Drain);
        Assert.Equal(1, fleet["a"].Open.Value);
    }

    [Fact]
    public async Task FanOut_ServerThatFails_IsTriedAgainAtOnce_WhenTheOneInItsPlaceLeaves()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await FleetAsync("a", "b");
        var list = Two(fleet.List("a", "b"));
        list.Servers.Add(new ListedServer { Id = "c", Host = "127.0.0.1", Port = port });
        fleet.Servers.ForEach(static s => s.Features = "servers,drain");
        fleet.Announce(list);
        var options = AgentUnderTest.Options(_certificates, fleet["b"].Port) with { SyncIntervalCap = Never };
        await using var agent = await AgentUnderTest.StartAsync(options);
        var place = await fleet["b"].TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);
        await agent.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        await using var back = await ScriptedServer.StartAsync(_certificates, port);
        (back.ServerId, back.Features, back.Servers) = ("c", "servers", list);

        await place.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain { Within = 1 } });

        await back.TunnelAsync();
    }

    /// <summary>The third of its servers is found first, the second comes while the first one says nothing.</summary>
    [Fact]
    public async Task FanOut_ServerThatSpeaksAgain_CountsAgain_AndTheOneTooManyIsLeft()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await FleetAsync("b", "c");
        var list = Two(fleet.List("b", "c"));
        list.Servers.Add(new ListedServer { Id = "a", Host = "127.0.0.1", Port = port });
        fleet["c"].Features = "servers,ping";
        fleet.Announce(list);
        var options = AgentUnderTest.Options(_certificates, fleet["b"].Port) with { SyncIntervalCap = Never };
        await using var agent = await AgentUnderTest.StartAsync(options);
        var third = await fleet["b"].TunnelAsync();
        var silent = await fleet["c"].TunnelAsync();
        await agent.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        fleet["c"].Refuse = static _ => Task.FromResult(true);
        await using var second = await ScriptedServer.StartAsync(_certificates, port);
        (second.ServerId, second.Features, second.Servers) = ("a", "servers", list);
        await second.TunnelAsync();

        // The last one of these is no older than its answer.
        for (var questions = 0; questions < 5; questions++)
        {
            var question = await silent.ReceiveAsync(PacketType.Ping);
            await silent.SendAsync(PacketFactory.PingAnswer(question.Ping.Id));
        }

        await third.ReceiveAsync(PacketType.Drain);
        Assert.Equal(2, agent.Host.OpenTunnels);
    }

    private static void TurnAway(ScriptedServer server, int times)
    {
        var calls = 0;
        server.Refuse = call =>
        {
            var turnsAway = Interlocked.Increment(ref calls) <= times;
            call.Response.StatusCode = turnsAway ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK;
            return Task.FromResult(turnsAway);
        };
    }

    private static string KeyWhoseLastIs(ListedServer last, ServerList list) => Enumerable.Range(0, 1000).Select(static i => $"k{i}")
        .First(key => RendezvousHash.First(key, list.Servers, static s => $"{s.Host}:{s.Port}", 3)[2].Equals(last));

    private static ServerList Two(ServerList list)
    {
        (list.FanOut, list.Key) = (2, "c1");
        return list;
    }

    /// <summary>Servers of which each announces all.</summary>
    private async Task<ScriptedFleet> FleetAsync(params string[] ids)
    {
        var fleet = new ScriptedFleet();
        foreach (var id in ids)
        {
            var server = await ScriptedServer.StartAsync(_certificates);
            (server.ServerId, server.Features) = (id, "servers");
            fleet.Servers.Add(server);
        }

        fleet.Announce(fleet.List(ids));
        return fleet;
    }

    private sealed class ScriptedFleet : IAsyncDisposable
    {
        public List<ScriptedServer> Servers { get; } = [];

        public ScriptedServer this[string id] => Servers.Single(s => s.ServerId == id);

        public TcpRelay Balance() => new([.. Servers.Select(static s => new IPEndPoint(IPAddress.Loopback, s.Port))]);

        public ServerList List(params string[] ids) => new()
        {
            Servers = { ids.Select(id => new ListedServer { Id = id, Host = "127.0.0.1", Port = this[id].Port }) },
        };

        public void Announce(ServerList list) => Servers.ForEach(s => s.Servers = list);

        public async ValueTask DisposeAsync()
        {
            foreach (var server in Servers)
            {
                await server.DisposeAsync();
            }
        }
    }
}
