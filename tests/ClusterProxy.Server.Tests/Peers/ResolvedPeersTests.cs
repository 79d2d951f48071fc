using System.Buffers;
using System.Net;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Tunnels;
using ClusterProxy.Server.Agents;
using ClusterProxy.Server.Certificates;
using ClusterProxy.Server.Fleet;
using ClusterProxy.Server.Peers;
using ClusterProxy.Server.Policy;
using ClusterProxy.Server.Routing;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Peers;

/// <summary>Another server that is known by a name's addresses only, as with <c>--peers-dns</c>; the test answers for the name.</summary>
public sealed class ResolvedPeersTests : IDisposable
{
    private readonly TestCertificates _certificates = new("servers");
    private readonly FailOnErrorLog _log = new();
    private readonly ManualTime _time = new();
    private volatile IPAddress[] _addresses = [IPAddress.Loopback];

    public void Dispose()
    {
        _certificates.Dispose();
        _log.Dispose();
    }

    [Fact]
    public async Task ServerWhoseAddressIsGone_GetsNoMoreDials_AndKeepsItsConnections()
    {
        await using var other = await StartOtherAsync();
        var agent = await other.ConnectAgentAsync("alpha", "host=alpha");
        await using var peers = Peers(Named(other.Host.Fleet!.Port), out var router);
        peers.Start();
        await Eventually.ObserveAsync(() => Task.FromResult(peers.CanRoute));
        var first = await ConnectAsync(router, agent, connectId: 1);

        // It lives, but the name leads elsewhere. That the name has no address at all would say nothing.
        _addresses = [];
        _time.Advance(ResolvedServers.Period);
        await _log.Log.WaitForAsync("ServerLookupFailed").DefaultTimeout();
        _addresses = [IPAddress.Parse("127.0.0.2")];
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(ResolvedServers.Period);
            return Task.FromResult(!peers.Lanes.Any());
        });
        Assert.Equal(DialFailureReason.NoAgent, (await DialAsync(router).DefaultTimeout()).Failure);
        Assert.Equal(1, peers.AllLanes.Sum(static l => l.ConnectionCount));
        await agent.SendDataAsync(1, "still here"u8.ToArray());
        var read = await first.Input.ReadAtLeastAsync(10).AsTask().DefaultTimeout();
        Assert.Equal("still here"u8, read.Buffer.ToArray());
        first.Input.AdvanceTo(read.Buffer.End);

        // It is a peer again, beside the lane that still carries the connection.
        _addresses = [IPAddress.Loopback];
        await Eventually.ObserveAsync(() =>
        {
            _time.Advance(ResolvedServers.Period);
            return Task.FromResult(peers.CanRoute);
        });
        var second = await ConnectAsync(router, agent, connectId: 2);
        Assert.Equal("1 1", string.Join(' ', peers.AllLanes.Select(static l => l.ConnectionCount)));

        // The lane that was left ends with its last connection.
        End(first);
        await agent.HearAsync(PacketType.CloseReq);
        await Eventually.ObserveAsync(() => Task.FromResult(peers.AllLanes.Sum(static l => l.ConnectionCount)), static left => left == 1);
        End(second);
    }

    [Fact]
    public async Task ServerAtTwoAddresses_HasOneLane_AndIsWantedOnce_AndTheOtherAddressIsThereWhenTheFirstIsGone()
    {
        await using var other = await StartOtherAsync();
        await using var one = new TcpRelay(other.Host.Fleet!.Port);
        await using var two = new TcpRelay(other.Host.Fleet!.Port);
        await using var peers = Peers(
            new FixedServers([new FleetServer("", "127.0.0.1", one.Port), new FleetServer("", "127.0.0.1", two.Port)]), out _);
        peers.Start();

        await Eventually.ObserveAsync(
            () => Task.FromResult((peers.WantedCount, peers.Lanes.Count(), Open(), one.Accepted.Value, two.Accepted.Value)),
            static seen => seen == (1, 1, 1, 1, 1));
        var (used, spare) = one.Open.Value == 1 ? (one, two) : (two, one);
        used.RefuseNew = true;
        used.Cut();

        await Eventually.ObserveAsync(() => Task.FromResult((peers.Lanes.Count(), spare.Open.Value)), static seen => seen == (1, 1));

        int Open() => (int)(one.Open.Value + two.Open.Value);
    }

    private static Task<DialResult> DialAsync(FleetRouter router) =>
        router.DialAsync("tcp", "alpha:1", default, clusters: null, CancellationToken.None);

    private static async Task<TunnelConnection> ConnectAsync(FleetRouter router, ScriptedPeer agent, long connectId)
    {
        var dialling = DialAsync(router);
        await agent.AcceptAsync(connectId);
        var result = await dialling.DefaultTimeout();
        Assert.Equal("b", result.Via);
        return result.Connection!;
    }

    private static void End(TunnelConnection connection)
    {
        connection.Output.Complete();
        connection.Input.Complete();
        connection.Abort(CloseReason.FrontendClosed);
    }

    private ResolvedServers Named(int port)
    {
        Assert.True(DialTarget.TryParse($"servers.test:{port}", out var name));
        return new("peers-dns", name, (_, _) => Task.FromResult(_addresses), _log.CreateFactory().CreateLogger("a"), _time);
    }

    private Task<TestServer> StartOtherAsync()
    {
        var certificate = _certificates.Peer("b");
        return TestServer.StartAsync(o => o with
        {
            ServerId = "b",
            ProxyStrategies = [ProxyStrategy.DestHost],
            Peers = [new FleetServer("", "127.0.0.1", FreePorts.Shared.Next())],
            PeerPort = 0,
            PeerBindAddress = IPAddress.Loopback,
            PeerCert = certificate.CertificateFile,
            PeerKey = certificate.KeyFile,
            PeerCaCert = _certificates.AuthorityFile,
        });
    }

    /// <summary>The parts of a server without agents that forward.</summary>
    private PeerSet Peers(IServerSource source, out FleetRouter router)
    {
        var logger = _log.CreateFactory().CreateLogger("a");
        var context = new PeerContext("a", TunnelLimits.Default, TimeProvider.System, new ServerMetrics(IdleTunnels.CreateMeters()), logger);
        var certificate = _certificates.Peer("a");
        var pair = KeyPairFile.Load("c", certificate.CertificateFile, "k", certificate.KeyFile);
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = _certificates.Authority.ToBundle,
                KeyPair = () => pair,
                RoleObjection = PlaneRules.ObjectionToPeer,
                ExtraApplicationProtocols = [LaneProtocol.PeerAlpn.ToString()],
                OfferHttp2 = false,
            },
            context.Time);
        var peers = new PeerSet(
            source, new PeerConnector(tls, new CredentialRenewal(() => pair.Validity, context.Time), context), [ProxyStrategy.DestHost], context);
        var (agents, limits) = (new AgentRegistry([ProxyStrategy.DestHost]), new DialLimits(TimeSpan.FromMinutes(1), 10));
        router = new FleetRouter(new DialRouter(agents, limits, context.Time, logger), agents, peers, limits, context);
        return peers;
    }
}
