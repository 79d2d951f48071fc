using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Agent.Tests.Servers;

/// <summary>An agent whose servers want tunnels to two of them only.</summary>
public sealed class FanOutTests : IDisposable
{
    private const string OpenServers = "konnectivity_network_proxy_agent_open_server_connections";
    private const string KnownServers = "konnectivity_network_proxy_agent_known_server_count";

    /// <summary>Whoever waits for this has not come to the end of the test.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromHours(1);

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    /// <summary>The order of c1 is c, a, b by the vectors of proto/README.md.</summary>
    [Fact]
    public async Task KeepsTwoByHash_AndLeavesTheOneThatWasFoundFirst()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b", "c");
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
    public async Task ServerWithoutId_AtTwoAddresses_CountsOnce()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
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
    public async Task ServerThatTurnsSomeAway_IsWaitedForLonger_ThanOneThatIsNotThere()
    {
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b", "c");
        fleet.Announce(Two(fleet.List("a", "b", "c")));
        fleet.TurnAway("a", times: 5);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["c"].Port);

        await agent.WaitForMetricAsync(OpenServers, 2);

        Assert.Equal(6, fleet["a"].Calls.Value);
        Assert.Equal(0, fleet["b"].Calls.Value);
    }

    [Fact]
    public async Task ServerThatFails_IsReplacedByTheNext_UntilItIsBack()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = Two(fleet.List("a", "b"), absent: "c", port);
        fleet.Announce(list);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, fleet["a"].Port);
        var substitute = await fleet["b"].TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);

        await using var back = await StartAsync("c", port, list);

        await back.TunnelAsync();
        await substitute.ReceiveAsync(PacketType.Drain);
        Assert.Equal(1, fleet["a"].Open.Value);
    }

    [Fact]
    public async Task ServerThatFails_IsTriedAgainAtOnce_WhenTheOneInItsPlaceLeaves()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "a", "b");
        var list = Two(fleet.List("a", "b"), absent: "c", port);
        fleet.Servers.ForEach(static s => s.Features = "servers,drain");
        fleet.Announce(list);
        var options = AgentUnderTest.Options(_certificates, fleet["b"].Port) with { SyncIntervalCap = Never };
        await using var agent = await AgentUnderTest.StartAsync(options);
        var place = await fleet["b"].TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);
        await agent.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        await using var back = await StartAsync("c", port, list);

        await place.SendAsync(new Packet { Type = PacketType.Drain, Drain = new Drain { Within = 1 } });

        await back.TunnelAsync();
    }

    /// <summary>The third of its servers is found first, the second comes while the first one says nothing.</summary>
    [Fact]
    public async Task ServerThatSpeaksAgain_CountsAgain_AndTheOneTooManyIsLeft()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var fleet = await ScriptedFleet.StartAsync(_certificates, "b", "c");
        var list = Two(fleet.List("b", "c"), absent: "a", port);
        fleet["c"].Features = "servers,ping";
        fleet.Announce(list);
        var options = AgentUnderTest.Options(_certificates, fleet["b"].Port) with { SyncIntervalCap = Never };
        await using var agent = await AgentUnderTest.StartAsync(options);
        var third = await fleet["b"].TunnelAsync();
        var silent = await fleet["c"].TunnelAsync();
        await agent.Log.WaitForAsync("ConnectFailed").DefaultTimeout();
        fleet["c"].Refuse = static _ => Task.FromResult(true);
        await using var second = await StartAsync("a", port, list);
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

    private static string KeyWhoseLastIs(ListedServer last, ServerList list) => Enumerable.Range(0, 1000).Select(static i => $"k{i}")
        .First(key => RendezvousHash.First(key, list.Servers, static s => $"{s.Host}:{s.Port}", 3)[2].Equals(last));

    /// <summary>The server that was announced as absent.</summary>
    private async Task<ScriptedServer> StartAsync(string id, int port, ServerList list)
    {
        var server = await ScriptedServer.StartAsync(_certificates, port);
        (server.ServerId, server.Features, server.Servers) = (id, "servers", list);
        return server;
    }

    /// <param name="list">Of servers that are there.</param>
    /// <param name="absent">The id of one that is not there yet.</param>
    /// <param name="port">Where it is to be.</param>
    private static ServerList Two(ServerList list, string absent, int port)
    {
        list.Servers.Add(new ListedServer { Id = absent, Host = "127.0.0.1", Port = port });
        return Two(list);
    }

    private static ServerList Two(ServerList list)
    {
        (list.FanOut, list.Key) = (2, "c1");
        return list;
    }
}
