using ClusterProxy.Client;
using ClusterProxy.Protocol.Fleet;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>
/// The programs, as a headless service has them: one port, an address each, and a name that has all of them, by which alone servers find
/// each other and agents find servers.
/// </summary>
public sealed class ResolvedServersTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Agent = "alpha";
    private const int FanOut = 2;

    private readonly TestCertificates _agents = new("agents");
    private readonly TestCertificates _frontends = new("frontends");
    private readonly TestCertificates _peers = new("servers");
    private readonly FanOutTraffic _dials = new([Agent]);
    private readonly Dictionary<int, Dictionary<string, string>> _flags = [];
    private readonly int _agentPort = FreePorts.Shared.Next();
    private readonly int _peerPort = FreePorts.Shared.Next();
    private OwnHosts _hosts = null!;

    [SkippableFact]
    public async Task Servers_FindEachOtherByTheAddressesOfAName_ForwardDials_AndFollowThem()
    {
        await PrepareAsync();
        Lead(0, 1, 2);
        await Task.WhenAll(StartAsync(0), StartAsync(1), StartAsync(2));
        await WaitForPeersAsync(0, 1, 2);
        StartAgent();
        await WaitForOwnersAsync(0, 1, 2);

        // At the one that does not have the agent, and over one hop.
        var other = Enumerable.Range(0, 3).Single(s => !Owners(0, 1, 2).Contains(s));
        await DialAsync(other);
        Assert.Equal("1 0 0", string.Join(' ', await ForwardedAsync(other), await ForwardedAsync((other + 1) % 3), await ForwardedAsync((other + 2) % 3)));

        // One comes: that its address is the name's is enough.
        await StartAsync(3);
        Lead(0, 1, 2, 3);
        await WaitForPeersAsync(0, 1, 2, 3);
        await WaitForOwnersAsync(0, 1, 2, 3);
        await DialAllAsync(0, 1, 2, 3);

        // One that has the agent is the name's no more. It lives, and gets neither dials nor agents.
        var gone = Owners(0, 1, 2, 3)[0];
        int[] left = [.. Enumerable.Range(0, 4).Where(s => s != gone)];
        Lead(left);
        await WaitForPeersAsync(left);
        await WaitForOwnersAsync(left);
        await Page(gone).WaitForAsync("clusterproxy_server_agent_tunnels", 0);
        await DialAllAsync(left);
    }

    private static string Address(int server) => $"127.0.1.{server + 1}";

    private async Task PrepareAsync()
    {
        Own(_agents);
        Own(_frontends);
        Own(_peers);
        Own(_dials);
        _hosts = Own(new OwnHosts("hub.test"));
        var objection = await _hosts.ObjectionAsync();
        Skip.If(objection is not null, objection);
    }

    private void Lead(params int[] servers) => _hosts.Lead(servers.Select(Address));

    private async Task StartAsync(int server)
    {
        var (own, pair) = (_agents.Server(_hosts.Name, Address(server)), _peers.Peer($"hub-{server}"));
        var flags = _flags[server] = LoopbackPrograms.Server(_agents, _frontends);
        (flags["server-id"], flags["proxy-strategies"]) = ($"hub-{server}", "destHost");
        (flags["cluster-cert"], flags["cluster-key"]) = (own.CertificateFile, own.KeyFile);
        (flags["agent-bind-address"], flags["agent-port"]) = (Address(server), $"{_agentPort}");
        (flags["peer-bind-address"], flags["peer-port"]) = (Address(server), $"{_peerPort}");
        (flags["peer-cert"], flags["peer-key"], flags["peer-ca-cert"]) = (pair.CertificateFile, pair.KeyFile, _peers.AuthorityFile);
        (flags["servers-dns"], flags["peers-dns"]) = ($"{_hosts.Name}:{_agentPort}", $"{_hosts.Name}:{_peerPort}");
        flags["fan-out"] = $"{FanOut}";
        var program = Own(_hosts.StartServer(flags));
        await program.WaitForUrlAsync(new Uri($"http://127.0.0.1:{flags["health-port"]}/healthz"));
    }

    private void StartAgent()
    {
        var flags = LoopbackPrograms.Agent(Agent, _agents, _agentPort, FreePorts.Shared.Next());
        (flags["proxy-server-host"], flags["agent-identifiers"]) = (Address(0), $"host={Agent}");
        flags["target-alias"] = $"{Agent}:1={Own(new EchoTarget()).Address}";
        Own(LoopbackPrograms.StartAgent(flags));
    }

    /// <summary>Returns when each of them has a lane to each other one, and neither has nor wants any more.</summary>
    private async Task WaitForPeersAsync(params int[] servers)
    {
        foreach (var server in servers)
        {
            await Page(server).WaitForAsync("clusterproxy_server_peers", servers.Length - 1, ("state", "wanted"));
            await Page(server).WaitForAsync("clusterproxy_server_peers", servers.Length - 1, ("state", "connected"));
            await Page(server).WaitForAsync("clusterproxy_server_announced_servers", servers.Length);
        }
    }

    /// <summary>Returns when the agent has a tunnel with each server of its hash, and with no other one, and all know of them.</summary>
    private async Task WaitForOwnersAsync(params int[] servers)
    {
        var owners = Owners(servers);
        foreach (var server in servers)
        {
            var has = owners.Contains(server) ? 1 : 0;
            await Page(server).WaitForAsync("clusterproxy_server_agent_tunnels", has);
            await Page(server).WaitForAsync("clusterproxy_server_peer_tunnels", FanOut - has);
        }
    }

    /// <summary>Nobody knows ids beforehand, so that addresses stand for servers in the hash.</summary>
    private int[] Owners(params int[] servers) =>
        [.. RendezvousHash.First(Agent, servers, s => new FleetServer("", Address(s), _agentPort).Name, FanOut)];

    private async Task DialAllAsync(params int[] servers)
    {
        foreach (var server in servers)
        {
            await DialAsync(server);
        }
    }

    private async Task DialAsync(int server)
    {
        await using var client = new TunnelClient(LoopbackClient.Options(int.Parse(_flags[server]["server-port"]), _frontends));
        await _dials.DialAsync(client, Agent).DefaultTimeout();
    }

    private Task<double> ForwardedAsync(int server) => Page(server).ValueAsync("clusterproxy_server_forwarded_dials_total", ("result", "connected"));

    private MetricsPage Page(int server) => new(int.Parse(_flags[server]["health-port"]));
}
