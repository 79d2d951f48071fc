using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Peers;

/// <summary>A server that starts beside others is ready when these have told it of their agents, on a clock that the test moves.</summary>
public sealed class PeerReadinessTests : IDisposable
{
    private const string Untold = "other servers have not said yet which agents they have";

    private const string Returning = "agents that only one other server has are still coming back: ";

    private readonly TestCertificates _peers = new("servers");
    private readonly ManualTime _time = new();

    public void Dispose() => _peers.Dispose();

    [Fact]
    public async Task Server_WhoseOtherOneSaysNothing_IsReadyInTheEnd()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var server = await StartAsync("a", ((IPEndPoint)silent.LocalEndpoint).Port, _time);
        Assert.Contains("no connection to any proxy agent", await ReadinessAsync(server), StringComparison.Ordinal);

        await server.ConnectAgentAsync();
        Assert.Contains(Untold, await ReadinessAsync(server), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(11));

        Assert.DoesNotContain(Untold, await ReadinessAsync(server), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Server_IsReady_WhenTheOtherOneHasSpoken_OrIsNotThere()
    {
        var port = FreePorts.Shared.Next();
        await using var other = await StartAsync("b", port, TimeProvider.System, port);
        await using var server = await StartAsync("a", port, _time);
        await using var alone = await StartAsync("c", FreePorts.Shared.Next(), _time);
        await server.ConnectAgentAsync();
        await alone.ConnectAgentAsync();

        // No time passes for the one that is told, nor for the one that is refused.
        foreach (var ready in (TestServer[])[server, alone])
        {
            await Eventually.ObserveAsync(() => ReadinessAsync(ready), static text => !text.Contains(Untold, StringComparison.Ordinal));
        }

        Assert.True(Assert.Single(server.Host.Fleet!.Peers.Lanes).Tunnels.IsWhole);
        Assert.Empty(alone.Host.Fleet!.Peers.Lanes);
    }

    /// <summary>Were the other server replaced now, its agents would be nowhere.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task Server_IsNotReady_BeforeAgentsThatOneOtherServerHas_AreBack(int fanOut)
    {
        var port = FreePorts.Shared.Next();
        await using var other = await StartAsync("b", port, TimeProvider.System, port);
        await other.ConnectAgentAsync("alpha");
        await other.ConnectAgentAsync("beta");
        await using var server = await StartAsync("a", port, _time, fanOut: fanOut);
        await using var third = await StartAsync("c", port, _time, fanOut: 1);

        await Eventually.ObserveAsync(() => ReadinessAsync(server), static text => text.Contains(Returning + "2", StringComparison.Ordinal));
        await Eventually.ObserveAsync(() => ReadinessAsync(third), static text => text == "ok");
        await server.ConnectAgentAsync("alpha");
        Assert.Contains(Returning + "1", await ReadinessAsync(server), StringComparison.Ordinal);
        var beta = await server.ConnectAgentAsync("beta");
        Assert.Equal("ok", await ReadinessAsync(server));

        // Once they have been there, those that leave are no reason to stop serving.
        await beta.DisposeAsync();
        await Eventually.ObserveAsync(() => Task.FromResult(server.Host.Agents.Tunnels.Length), static left => left == 1);
        Assert.Equal("ok", await ReadinessAsync(server));
    }

    [Fact]
    public async Task Server_IsReady_WhenAgentsStayAway_OrAllServersAreNew()
    {
        var port = FreePorts.Shared.Next();
        await using var other = await StartAsync("b", port, TimeProvider.System, port);
        await other.ConnectAgentAsync("alpha");
        await using var server = await StartAsync("a", port, _time, fanOut: 2);
        await using var newOne = await StartAsync("c", port, _time, fanOut: 2);
        foreach (var waiting in (TestServer[])[server, newOne])
        {
            await Eventually.ObserveAsync(() => ReadinessAsync(waiting), static text => text.Contains(Returning + "1", StringComparison.Ordinal));
        }

        await newOne.ConnectAgentAsync("beta");
        await newOne.ConnectAgentAsync("gamma");
        Assert.Equal("ok", await ReadinessAsync(newOne));
        Assert.Contains(Returning + "1", await ReadinessAsync(server), StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("ok", await ReadinessAsync(server));
    }

    private Task<TestServer> StartAsync(string id, int otherPort, TimeProvider time, int peerPort = 0, int fanOut = 0)
    {
        var certificate = _peers.Peer(id);
        return TestServer.StartAsync(
            o => o with
            {
                ServerId = id,
                FanOut = fanOut,
                Peers = [new FleetServer("", "127.0.0.1", otherPort)],
                PeerPort = peerPort,
                PeerBindAddress = IPAddress.Loopback,
                PeerCert = certificate.CertificateFile,
                PeerKey = certificate.KeyFile,
                PeerCaCert = _peers.AuthorityFile,
            },
            time);
    }

    private static async Task<string> ReadinessAsync(TestServer server)
    {
        using var http = new HttpClient();
        using var response = await http.GetAsync(new Uri($"http://127.0.0.1:{server.Host.HealthPort}/readyz")).DefaultTimeout();
        return await response.Content.ReadAsStringAsync().DefaultTimeout();
    }
}
