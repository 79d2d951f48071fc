using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.RedTeam;

/// <summary>Those who are no server of the fleet, and those who use what servers say to each other.</summary>
public sealed class PeerAttackTests(ITestOutputHelper output) : RedTeamTest(output)
{
    private const string Stranger = "127.0.0.1";

    /// <summary>The id of the server that is attacked.</summary>
    private const string Attacked = "hub-0";

    private readonly TestCertificates _peers = new("servers");
    private readonly int _strangerPort = FreePorts.Shared.Next();

    [Theory]
    [InlineData("agent", "wrong_plane")]
    [InlineData("frontend", "wrong_plane")]
    [InlineData("nobody", "wrong_plane")]
    [InlineData("malformed", "wrong_plane")]
    [InlineData("agents' CA", "untrusted")]
    [InlineData("none", "missing")]
    public Task Certificate_ThatIsNoServers_DoesNotOpenThePeerPort(string kind, string reason) => AttackOnFleetAsync(async fixture =>
    {
        var shown = kind switch
        {
            "agent" => _peers.Client("x", "spiffe://hub/cluster/alpha"),
            "frontend" => _peers.Client("x", "spiffe://hub/frontend/x"),
            "malformed" => _peers.Client("x", "spiffe://hub/server/a b"),
            "agents' CA" => fixture.AgentPlane.Peer("thief"),
            "none" => null,
            _ => _peers.Client("x"),
        };

        Assert.True(await IsRefusedAsync(fixture.Server.Fleet!.Port, _peers, shown, LaneProtocol.PeerAlpn));

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", "peer"), ("reason", reason));
        await Audit.WaitForAsync(("event", "handshake"), ("plane", "peer"), ("result", reason));
        Assert.Equal(0, fixture.Server.Fleet.Served.LaneCount);
    });

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    public Task Certificate_OfAServer_OpensNoOtherPort(string plane) => AttackOnFleetAsync(async fixture =>
    {
        var (port, authority) = plane == "agent"
            ? (fixture.Server.AgentPort, fixture.AgentPlane)
            : (fixture.Server.FrontendPort, fixture.FrontendPlane);

        Assert.True(await IsRefusedAsync(port, authority, authority.Peer("hub-9"), SslApplicationProtocol.Http2));

        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "wrong_plane"));
        await Audit.WaitForAsync(("event", "handshake"), ("plane", plane), ("result", "wrong_plane"));
    });

    [Fact]
    public Task LaneBetweenServers_IsNotServedToFrontends_NorToAgents() => AttackOnFleetAsync(async fixture =>
    {
        Assert.True(await IsRefusedAsync(
            fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client(), LaneProtocol.PeerAlpn));
        Assert.True(await IsRefusedAsync(fixture.Server.AgentPort, fixture.AgentPlane, fixture.AgentPlane.Client(), LaneProtocol.PeerAlpn));
        foreach (var plane in (string[])["frontend", "agent"])
        {
            await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", "aborted"));
        }

        await fixture.Log.Log.WaitForAsync("HandshakeFailed").DefaultTimeout();
    });

    [Fact]
    public Task Dial_OverAHop_TakesNoSecond() => AttackOnFleetAsync(async fixture =>
    {
        // A server that says it has what this one has not, and asks this one for it.
        var asked = await AcceptLaneAsync();
        await asked.SendAsync(PacketFactory.Ownership(new Ownership
        {
            Version = 1,
            There = { new OwnedTunnel { Number = 1, Agent = Evil, Destinations = { Evil } } },
        }));
        Assert.Equal(1, (await asked.HearAsync(PacketType.Ownership)).Ownership.Version);
        await using var lane = await OpenLaneAsync(fixture);
        await lane.SendAsync(Forwarded($"{Evil}:1", new Forwarding { Server = "hub-9" }));

        var answer = (await lane.HearAsync(PacketType.DialRsp)).DialResponse;

        // This server's own agent with the default route got it, and could not find the host.
        Assert.Equal("error_response", answer.Forwarded.Reason);
        Assert.Contains(Evil, answer.Error, StringComparison.Ordinal);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync("clusterproxy_server_forwarded_dials_total"));

        // A frontend's dial does go there, so it was not for want of a way.
        await using var frontend = await fixture.OpenScriptedFrontendAsync();
        await frontend.SendAsync(
            PacketFactory.DialRequest("tcp", $"{Evil}:1", 8, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "vendor=one"));
        var forwarded = (await asked.HearAsync(PacketType.DialReq)).DialRequest;
        Assert.Equal("vendor=one", forwarded.Tracestate);
        Assert.Equal(Attacked, forwarded.Forwarding.Server);
        await asked.SendAsync(PacketFactory.DialResponse(forwarded.Random, "no"));
        Assert.Equal("no", (await frontend.HearAsync(PacketType.DialRsp)).DialResponse.Error);
    });

    [Fact]
    public Task Dial_OfAServerThatDoesNotSayItForwards_IsRefused() => AttackOnFleetAsync(async fixture =>
    {
        await using var lane = await OpenLaneAsync(fixture);
        await lane.SendAsync(PacketFactory.DialRequest("tcp", "10.0.0.1:1", 7));

        Assert.Contains("forwards", (await lane.HearAsync(PacketType.DialRsp)).DialResponse.Error, StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.PacketsRefused, 1, ("segment", "from_client"), ("reason", "not_forwarded"));
    });

    [Theory]
    [InlineData("hub-8", "foreign_server_id")]
    [InlineData(Attacked, "foreign_server_id")]
    [InlineData("HUB-9", "foreign_server_id")]
    [InlineData("hub-9\n", "foreign_server_id")]
    [InlineData("", "no_server_id")]
    public Task Server_ThatSaysItIsAnother_IsRefused(string id, string reason) => AttackOnFleetAsync(async fixture =>
    {
        await using var lane = new ScriptedLane(await ConnectAsync(fixture));

        var answer = await lane.OpenAsync(id);

        Assert.Contains(id.Length > 0 ? "its certificate is for server hub-9" : "begins with the id", answer.Error, StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_peers_refused_total", 1, ("reason", reason));
        await fixture.Log.Log.WaitForAsync("PeerRefused").DefaultTimeout();
        var line = await Audit.WaitForAsync(("event", "server"), ("plane", "peer"), ("result", reason));
        Assert.Contains("uri:spiffe://hub/server/hub-9", line.GetProperty("subject").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(0, fixture.Server.Fleet!.Served.LaneCount);
    });

    [Theory]
    [InlineData("hub-9")]
    [InlineData(Attacked)]
    public Task Server_InAnothersPlace_GetsNoDials(string id) => AttackOnFleetAsync(async fixture =>
    {
        await using var lane = await AcceptAsync(_peers.Peer("hub-8"));
        await lane.SendAsync(PacketFactory.PeerLane(id, (await lane.HearAsync(PacketType.Lane)).Lane.Features));

        await fixture.Log.Log.WaitForAsync(static r => r.EventName == "PeerUnreachable" &&
            $"{r.Values["Reason"]}".Contains("its certificate is for server hub-8", StringComparison.Ordinal)).DefaultTimeout();
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_peer_connect_failures_total", static failures => failures > 0);
        Assert.Empty(fixture.Server.Fleet!.Peers.Lanes);
        Assert.Equal(1, fixture.Server.Fleet.Peers.WantedCount);
    });

    [Fact]
    public Task Server_ThatMeetsItself_IsNoAttack() => AttackOnFleetAsync(async fixture =>
    {
        await using var lane = new ScriptedLane(await ConnectAsync(fixture, _peers.Peer(Attacked)));

        NothingIsSeen("two ways to one server are no attack");
        Assert.Contains("itself", (await lane.OpenAsync(Attacked)).Error, StringComparison.Ordinal);
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync("clusterproxy_server_peers_refused_total"));
    });

    [Fact]
    public Task Frontend_ThatCallsItsDialForwarded_IsJudgedAllTheSame()
    {
        var folder = Own(new TemporaryDirectory());
        var policy = folder.File("policy.yaml");
        File.WriteAllText(policy, "rules:\n- subjects: [\"cn:bystander\"]\n  hosts: [\"*\"]\n");
        return AttackOnFleetAsync(
            async fixture =>
            {
                await using var lane = new ScriptedLane(await Sockets.ConnectTlsAsync(
                    fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client(), LaneProtocol.Alpn.ToString()));
                Assert.Equal("", (await lane.OpenAsFrontendAsync()).Error);
                await lane.SendAsync(PacketFactory.Ownership(new Ownership
                {
                    Version = 1,
                    There = { new OwnedTunnel { Number = 1, Agent = Evil, Destinations = { Evil }, DefaultRoute = true } },
                }));
                await lane.SendAsync(Forwarded("10.0.0.1:1", new Forwarding { Server = "hub-9" }));

                var answer = (await lane.HearAsync(PacketType.DialRsp)).DialResponse;

                Assert.Equal("the proxy server's frontend policy does not allow this dial", answer.Error);
                Assert.Null(answer.Forwarded);
                await Audit.WaitForAsync(("event", "dial"), ("result", "denied"), ("plane", "frontend"));
            },
            o => o with { FrontendPolicy = policy });
    }

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    [InlineData("nobody")]
    [InlineData("unknown authority")]
    public Task Server_ThatIsNone_IsToldNothing(string kind) => AttackOnFleetAsync(async fixture =>
    {
        var shown = kind switch
        {
            "agent" => _peers.Peer("x", "spiffe://hub/cluster/alpha"),
            "frontend" => _peers.Peer("x", "spiffe://hub/frontend/x"),
            "nobody" => _peers.Server(Stranger),
            _ => Own(new TestCertificates("nobody's")).Peer("hub-9"),
        };
        using var listener = Listen();
        using var socket = await listener.AcceptTcpClientAsync().DefaultTimeout();
        await using var tls = new SslStream(socket.GetStream());

        // The client may leave before or behind the server's own view of the handshake.
        var heard = -1;
        try
        {
            await tls.AuthenticateAsServerAsync(ServerSide(shown)).DefaultTimeout();
            heard = await tls.ReadAsync(new byte[1]).DefaultTimeout();
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            heard = 0;
        }

        Assert.Equal(0, heard);
        var log = await fixture.Log.Log.WaitForAsync("PeerUnreachable").DefaultTimeout();
        Assert.Contains("hub-9", $"{log.Values["Address"]}", StringComparison.Ordinal);
        await fixture.ServerMetrics.WaitForAsync("clusterproxy_server_peer_connect_failures_total", static failures => failures > 0);
        Assert.Empty(fixture.Server.Fleet!.Peers.Lanes);
    });

    private static Packet Forwarded(string address, Forwarding forwarding)
    {
        var packet = PacketFactory.DialRequest("tcp", address, 7);
        packet.DialRequest.Forwarding = forwarding;
        return packet;
    }

    private static async Task<bool> IsRefusedAsync(int port, TestCertificates trusted, TestCertificate? shown, SslApplicationProtocol protocol)
    {
        try
        {
            await using var stream = await Sockets.ConnectTlsAsync(port, trusted, shown, protocol.ToString());
            return await stream.ReadAsync(new byte[1]).DefaultTimeout() == 0;
        }
        catch (Exception e) when (e is IOException or AuthenticationException)
        {
            return true;
        }
    }

    private Task AttackOnFleetAsync(Func<TunnelFixture, Task> attack, Func<ServerOptions, ServerOptions>? server = null)
    {
        Own(_peers);
        var certificate = _peers.Peer(Attacked);
        return AttackAsync(attack, o => (server?.Invoke(o) ?? o) with
        {
            ServerId = Attacked,
            Peers = [new FleetServer("hub-9", Stranger, _strangerPort)],
            PeerPort = 0,
            PeerBindAddress = IPAddress.Loopback,
            PeerCert = certificate.CertificateFile,
            PeerKey = certificate.KeyFile,
            PeerCaCert = _peers.AuthorityFile,
        });
    }

    private Task<Stream> ConnectAsync(TunnelFixture fixture, TestCertificate? shown = null) => Sockets.ConnectTlsAsync(
        fixture.Server.Fleet!.Port, _peers, shown ?? _peers.Peer("hub-9"), LaneProtocol.PeerAlpn.ToString());

    private async Task<ScriptedLane> OpenLaneAsync(TunnelFixture fixture)
    {
        var lane = new ScriptedLane(await ConnectAsync(fixture));
        var answer = await lane.OpenAsync("hub-9");
        Assert.Equal(("", Attacked), (answer.Error, answer.Server));
        return lane;
    }

    private TcpListener Listen()
    {
        var listener = new TcpListener(IPAddress.Loopback, _strangerPort);
        listener.Start();
        return listener;
    }

    /// <summary>The lane that the server opens to the one that the test plays.</summary>
    private async Task<ScriptedLane> AcceptLaneAsync()
    {
        var lane = Own(await AcceptAsync(_peers.Peer("hub-9")));
        var asked = (await lane.HearAsync(PacketType.Lane)).Lane;
        await lane.SendAsync(PacketFactory.PeerLane("hub-9", asked.Features));
        return lane;
    }

    private async Task<ScriptedLane> AcceptAsync(TestCertificate shown)
    {
        using var listener = Listen();
        var tls = new SslStream(Own(await listener.AcceptTcpClientAsync().DefaultTimeout()).GetStream());
        await tls.AuthenticateAsServerAsync(ServerSide(shown)).DefaultTimeout();
        return new ScriptedLane(tls);
    }

    private static SslServerAuthenticationOptions ServerSide(TestCertificate shown) => new()
    {
        ServerCertificateContext = SslStreamCertificateContext.Create(
            X509CertificateLoader.LoadPkcs12(
                shown.Certificate.Export(X509ContentType.Pkcs12), null), null, offline: true),
        ClientCertificateRequired = true,
        RemoteCertificateValidationCallback = static (_, _, _, _) => true,
        ApplicationProtocols = [LaneProtocol.PeerAlpn],
    };
}
