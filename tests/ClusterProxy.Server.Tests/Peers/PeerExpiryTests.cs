using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ClusterProxy.Hosting.Certificates;
using ClusterProxy.Protocol;
using ClusterProxy.Protocol.Fleet;
using ClusterProxy.Protocol.Lanes;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests.Peers;

/// <summary>Another server's lane, when the certificate that opened it ends and nothing takes its place.</summary>
public sealed class PeerExpiryTests
{
    /// <summary>Less than another server may owe an answer to a ping.</summary>
    private static readonly TimeSpan Left = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Lane_IsDrained()
    {
        var time = new ManualTime();
        using var peers = new TestCertificates("servers");
        var own = peers.Peer("server-under-test");
        var ending = peers.EndingPeer(Left, "hub-9");
        await using var server = await TestServer.StartAsync(
            o => o with
            {
                Peers = [new FleetServer("", "127.0.0.1", FreePorts.Shared.Next())],
                PeerPort = 0,
                PeerBindAddress = IPAddress.Loopback,
                PeerCert = own.CertificateFile,
                PeerKey = own.KeyFile,
                PeerCaCert = peers.AuthorityFile,
            },
            time);
        await using var tls = await DialAsync(server.Host.Fleet!.Port, peers, ending);
        var reader = new PacketReader(LaneProtocol.CreateInput(tls));
        var answer = await LaneHandshake.OpenAsync(
            reader, LaneProtocol.CreateOutput(tls), "hub-9", TunnelFeatures.PeerLane, CancellationToken.None).DefaultTimeout();
        Assert.Equal("", answer.Error);

        // It was issued by the real clock.
        time.Advance(ending.Certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime + TimeSpan.FromSeconds(1));

        await server.Log.Log.WaitForAsync("PeerCertificateEnded").DefaultTimeout();
        var heard = new List<PacketType>();
        while (await reader.ReadAsync(CancellationToken.None).DefaultTimeout())
        {
            while (reader.TryRead(out var packet))
            {
                heard.Add(packet.Type);
            }
        }

        // Nothing ran on it, so it has ended, too.
        Assert.Contains(PacketType.Drain, heard);
    }

    private static async Task<SslStream> DialAsync(int port, TestCertificates plane, TestCertificate shown)
    {
        var tls = new ClientTls(
            new ClientTlsOptions
            {
                ServerCa = plane.Authority.ToBundle,
                KeyPair = () => KeyPairFile.Load("c", shown.CertificateFile, "k", shown.KeyFile),
                OfferHttp2 = false,
                ExtraApplicationProtocols = [LaneProtocol.PeerAlpn.ToString()],
            },
            TimeProvider.System);
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).DefaultTimeout();
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsClientAsync(tls.Begin("localhost").Options, CancellationToken.None).DefaultTimeout();
        return stream;
    }
}
