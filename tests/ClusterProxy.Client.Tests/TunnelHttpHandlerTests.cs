using System.Net;
using System.Net.Sockets;
using ClusterProxy.Protocol.Messages;
using ClusterProxy.Protocol.Packets;

namespace ClusterProxy.Client.Tests;

public sealed class TunnelHttpHandlerTests
{
    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Get_HttpsThroughTheTunnel_SpeaksTheVersionEndToEnd(string version)
    {
        using var certificates = new TestCertificates();
        await using var target = await HttpTarget.StartAsync(certificates.Server("alpha").Certificate);
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        var dialed = new ObservedList<string>();
        var forwarding = ForwardAsync(server, target.Port, dialed);
        using var http = new HttpClient(new TunnelHttpHandler(client, inner =>
        {
            inner.SslOptions.CertificateChainPolicy = new()
            {
                TrustMode = System.Security.Cryptography.X509Certificates.X509ChainTrustMode.CustomRootTrust,
                RevocationMode = System.Security.Cryptography.X509Certificates.X509RevocationMode.NoCheck,
                CustomTrustStore = { certificates.Authority.Certificate },
            };
        }));

        for (var i = 0; i < 3; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "https://alpha/")
            {
                Version = Version.Parse(version),
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await http.SendAsync(request).DefaultTimeout();
            Assert.Equal(Version.Parse(version), response.Version);
            Assert.Equal(target.Body, await response.Content.ReadAsStringAsync());
        }

        // Pooled: one dial for all.
        Assert.Equal(["alpha:443"], dialed.Items);
        http.Dispose();
        server.StopAnswering();
        await forwarding.DefaultTimeout();
    }

    [Fact]
    public async Task Get_DialFails_CarriesTheTunnelsReason()
    {
        await using var server = await ScriptedServer.StartAsync();
        await using var client = server.Client();
        using var http = new HttpClient(new TunnelHttpHandler(client));

        var get = http.GetStringAsync(new Uri("http://node1:9100/metrics"));
        var call = await server.NextCallAsync();
        await call.SendAsync(PacketFactory.DialResponse((await call.ExpectDialAsync()).Random, "No agent available"));

        var error = await Assert.ThrowsAsync<HttpRequestException>(() => get).DefaultTimeout();
        Assert.Equal(DialFailureReason.Endpoint, Assert.IsType<TunnelConnectException>(error.InnerException).Reason);
    }

    /// <summary>Plays server and agent: every dial goes to one port of this machine.</summary>
    private static async Task ForwardAsync(ScriptedServer server, int port, ObservedList<string> dialed)
    {
        var running = new List<Task>();
        await foreach (var call in server.Calls())
        {
            running.Add(ForwardAsync(call, port, dialed));
        }

        await Task.WhenAll(running);
    }

    private static async Task ForwardAsync(ScriptedCall call, int port, ObservedList<string> dialed)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, port);
        dialed.Add((await call.AcceptDialAsync()).Address);
        var down = DownAsync();
        while (await call.ReceiveAsync() is { Type: PacketType.Data } packet)
        {
            await socket.SendAsync(packet.Payload);
        }

        socket.Shutdown(SocketShutdown.Both);
        await down;
        await call.SendAsync(PacketFactory.CloseResponse(1));
        await call.EndAsync();

        async Task DownAsync()
        {
            var buffer = new byte[16 * 1024];
            while (await socket.ReceiveAsync(buffer) is > 0 and var read)
            {
                await call.SendDataAsync(1, buffer.AsMemory(0, read));
            }
        }
    }
}
