using System.Net;
using ClusterProxy.Agent.Tests.Scripted;
using ClusterProxy.Protocol.Messages;

namespace ClusterProxy.Agent.Tests.Servers;

/// <summary>How the agent keeps a tunnel to each server.</summary>
public sealed class ServerPoolTests : IDisposable
{
    private const string OpenServers = "konnectivity_network_proxy_agent_open_server_connections";
    private const string KnownServers = "konnectivity_network_proxy_agent_known_server_count";

    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact, Trait("Spec", "7.20")]
    public async Task Readiness_WithoutAndWithServer_FollowsTheTunnels()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, port);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await agent.StatusAsync("/readyz"));
        Assert.Equal(HttpStatusCode.OK, await agent.StatusAsync("/healthz"));

        await using var server = await ScriptedServer.StartAsync(_certificates, port);

        await agent.WaitForMetricAsync(OpenServers, 1);
        Assert.Equal("ok", await agent.GetAsync("/readyz"));
        Assert.Equal("[+]ping ok\n[+]server-connected ok\ncheck passed\n", await agent.GetAsync("/ready?verbose"));
    }

    [Fact, Trait("Spec", "7.21")]
    public async Task Server_RestartedOnItsPort_IsFoundAgain()
    {
        using var ports = new FreePorts();
        var port = ports.Next();
        await using var agent = await AgentUnderTest.StartAsync(_certificates, port);
        await using (await ScriptedServer.StartAsync(_certificates, port))
        {
            await agent.WaitForMetricAsync(OpenServers, 1);
        }

        await agent.WaitForMetricAsync(OpenServers, 0);
        await using var again = await ScriptedServer.StartAsync(_certificates, port);

        await agent.WaitForMetricAsync(OpenServers, 1);
    }

    [Fact, Trait("Spec", "7.19")]
    public async Task Servers_BehindALoadBalancer_AreAllFoundAndReplaced()
    {
        var servers = new List<ScriptedServer>();
        for (var i = 0; i < 3; i++)
        {
            servers.Add(await StartAsync(count: 3));
        }

        await using var balancer = new TcpRelay([.. servers.Select(EndPoint)]);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, balancer.Port);
        await agent.WaitForMetricAsync(OpenServers, 3);
        Assert.Equal(3, await agent.MetricAsync(KnownServers));

        await servers[0].DisposeAsync();
        await agent.WaitForMetricAsync(OpenServers, 2);
        servers[0] = await StartAsync(count: 3);
        balancer.Destinations = [.. servers.Select(EndPoint)];

        await agent.WaitForMetricAsync(OpenServers, 3);
        foreach (var server in servers)
        {
            await server.Open.WaitForAsync(1).DefaultTimeout();
            await server.DisposeAsync();
        }
    }

    [Fact]
    public async Task Servers_InAList_AllGetATunnel()
    {
        await using var one = await StartAsync(count: 2);
        await using var other = await StartAsync(count: 2);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, one.Port, other.Port);

        await one.TunnelAsync();
        await other.TunnelAsync();

        await agent.WaitForMetricAsync(OpenServers, 2);
    }

    [Fact]
    public async Task Duplicate_IsDroppedAndTheFirstTunnelLives()
    {
        await using var target = new EchoTarget();
        await using var server = await StartAsync(count: 2);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);
        var first = await server.TunnelAsync();
        var second = await server.TunnelAsync(1);

        await second.AgentEnded.Task.DefaultTimeout();

        await first.ConnectAsync(target.Address);
        Assert.Equal(1, agent.Host.OpenTunnels);
        Assert.True(await agent.MetricAsync("clusterproxy_agent_connect_attempts_total{result=\"duplicate\"}") >= 1);
    }

    [Fact]
    public async Task Count_ReachedAndNotSyncForever_StopsConnecting()
    {
        var time = new ManualTime();
        await using var server = await StartAsync(count: 1);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port), time);
        await agent.WaitForMetricAsync(OpenServers, 1);

        // Each is as long as the longest pause between two attempts.
        for (var i = 0; i < 10; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await agent.WaitForMetricAsync(OpenServers, 1);
        }

        Assert.Equal(1, server.Calls.Value);
    }

    [Fact]
    public async Task SyncForever_GoesOnAndFindsANewServer()
    {
        await using var one = await StartAsync(count: 1);
        await using var other = await StartAsync(count: 1);
        await using var balancer = new TcpRelay(EndPoint(one));
        await using var agent = await AgentUnderTest.StartAsync(
            AgentUnderTest.Options(_certificates, balancer.Port) with { SyncForever = true });
        await agent.WaitForMetricAsync(OpenServers, 1);

        balancer.Destinations = [EndPoint(other)];

        await agent.WaitForMetricAsync(OpenServers, 2);
    }

    [Fact]
    public async Task Count_GrownInADuplicatesAnswer_IsTaken()
    {
        await using var one = await StartAsync(count: 2);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, one.Port);
        await agent.WaitForMetricAsync(KnownServers, 2);

        one.ServerCount = "3";

        await agent.WaitForMetricAsync(KnownServers, 3);
    }

    [Fact]
    public async Task Server_EndsTunnelsAtOnce_IsNotHammered()
    {
        await using var server = await StartAsync(count: 1);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port) with
        {
            SyncInterval = TimeSpan.FromMilliseconds(500),
            SyncIntervalCap = TimeSpan.FromSeconds(10),
        });
        using var twoSeconds = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        for (var i = 0; !twoSeconds.IsCancellationRequested; i++)
        {
            var tunnel = await server.TunnelAsync(i);
            tunnel.End();
        }

        // Pauses grow by half from 0.5 s, and each is a tenth of that at least: the ninth call cannot come before 2.4 s.
        Assert.InRange(server.Calls.Value, 1, 9);
    }

    [Fact]
    public async Task Server_ResetsTheStream_IsFoundAgain()
    {
        await using var server = await StartAsync(count: 1);
        await using var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);

        (await server.TunnelAsync()).Abort();

        await server.TunnelAsync(1);
        await agent.WaitForMetricAsync("konnectivity_network_proxy_agent_server_connection_failure_count{direction=\"from_server\"}", 1);
    }

    [Fact, Trait("Spec", "7.45")]
    public async Task Drain_IdleTunnels_SendsDrainOnEachAndServesNewDials()
    {
        await using var target = new EchoTarget();
        await using var one = await StartAsync(count: 2);
        await using var other = await StartAsync(count: 2);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, one.Port, other.Port) with
        {
            DrainTimeout = TimeSpan.FromHours(1),
        });
        ScriptedTunnel[] tunnels = [await one.TunnelAsync(), await other.TunnelAsync()];
        await agent.WaitForMetricAsync(OpenServers, 2);

        var draining = agent.Host.DrainAsync();

        foreach (var tunnel in tunnels)
        {
            await tunnel.ReceiveAsync(PacketType.Drain);
            var id = await tunnel.ConnectAsync(target.Address);
            await tunnel.SendDataAsync(id, "x"u8.ToArray());
            await tunnel.ReceiveDataAsync(id, 1);
        }

        Assert.False(draining.IsCompleted);
        Array.ForEach(tunnels, static t => t.End());
        await draining.DefaultTimeout();
    }

    [Fact]
    public async Task Drain_NoTunnel_EndsAtOnce()
    {
        using var port = new RefusingPort();
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, port.Port) with
        {
            DrainTimeout = TimeSpan.FromHours(1),
        });

        await agent.Host.DrainAsync().DefaultTimeout();
    }

    /// <summary>The server knows the agent before the agent knows that it does.</summary>
    [Fact]
    public async Task Drain_WhileATunnelOpens_SendsDrainOnItAndServesNewDials()
    {
        await using var target = new EchoTarget();
        await using var server = await StartAsync(count: 1);
        var gate = new TaskCompletionSource();
        server.Refuse = async _ =>
        {
            await gate.Task;
            return false;
        };
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port) with
        {
            DrainTimeout = TimeSpan.FromHours(1),
        });
        await server.Calls.WaitForAsync(1).DefaultTimeout();
        var draining = agent.Host.DrainAsync();
        Assert.Contains(agent.Records, static r => r.EventName == "Draining");

        gate.SetResult();

        var tunnel = await server.TunnelAsync();
        await tunnel.ReceiveAsync(PacketType.Drain);
        var id = await tunnel.ConnectAsync(target.Address);
        await tunnel.SendDataAsync(id, "x"u8.ToArray());
        await tunnel.ReceiveDataAsync(id, 1);
        tunnel.End();
        await draining.DefaultTimeout();
    }

    [Fact]
    public async Task Drain_LostTunnel_IsNotReplaced()
    {
        await using var server = await StartAsync(count: 1);
        await using var agent = await AgentUnderTest.StartAsync(AgentUnderTest.Options(_certificates, server.Port) with
        {
            DrainTimeout = TimeSpan.FromHours(1),
        });
        var tunnel = await server.TunnelAsync();
        await agent.WaitForMetricAsync(OpenServers, 1);
        var draining = agent.Host.DrainAsync();
        await tunnel.ReceiveAsync(PacketType.Drain);

        tunnel.End();

        await draining.DefaultTimeout();
        Assert.Equal(1, server.Calls.Value);
    }

    [Fact]
    public async Task Dispose_OpenConnection_IsClosedWithAReasonAndTheStreamEndsInOrder()
    {
        await using var target = new EchoTarget();
        await using var server = await StartAsync(count: 1);
        var agent = await AgentUnderTest.StartAsync(_certificates, server.Port);
        var tunnel = await server.TunnelAsync();
        var id = await tunnel.ConnectAsync(target.Address);

        await agent.DisposeAsync();

        Assert.Contains("shutting down", (await tunnel.ReceiveCloseAsync(id)).Error);
        Assert.True(await tunnel.AgentEnded.Task.DefaultTimeout(), "the agent should end its direction, not reset the stream");
        await target.EndedByPeer.WaitForAtLeastAsync(1).DefaultTimeout();
    }

    private async Task<ScriptedServer> StartAsync(int count)
    {
        var server = await ScriptedServer.StartAsync(_certificates);
        server.ServerCount = count.ToString();
        return server;
    }

    private static IPEndPoint EndPoint(ScriptedServer server) => new(IPAddress.Loopback, server.Port);
}
