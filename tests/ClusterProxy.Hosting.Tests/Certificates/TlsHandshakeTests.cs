using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using ClusterProxy.Hosting.Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace ClusterProxy.Hosting.Tests.Certificates;

public sealed class TlsHandshakeTests : IDisposable
{
    private readonly CertificateAuthority _serverCa = CertificateAuthority.Create("server root", TimeProvider.System);
    private readonly CertificateAuthority _clientCa = CertificateAuthority.Create("client root", TimeProvider.System);
    private readonly CertificateAuthority _foreignCa = CertificateAuthority.Create("foreign root", TimeProvider.System);

    public void Dispose()
    {
        _serverCa.Dispose();
        _clientCa.Dispose();
        _foreignCa.Dispose();
    }

    [Fact]
    public async Task Handshake_GoodClientCertificate_IsServed()
    {
        await using var server = await TlsServer.StartAsync(Options());
        using var leaf = _clientCa.IssueClient(new CertificateProfile { CommonName = "alpha" });

        Assert.Equal("HTTP/2 CN=alpha", await GetAsync(server, Client(leaf)).DefaultTimeout());
        Assert.Empty(server.Log.Entries);
        Assert.All(server.Failures, f => Assert.Equal(0, f.Value));
    }

    [Theory]
    [InlineData("missing")]
    [InlineData("expired")]
    [InlineData("not_yet_valid")]
    [InlineData("untrusted")]
    [InlineData("wrong_usage")]
    public async Task Handshake_BadClientCertificate_IsRefusedLoggedAndCounted(string reason)
    {
        await using var server = await TlsServer.StartAsync(Options());
        using var leaf = BadLeaf(reason);

        await Assert.ThrowsAnyAsync<Exception>(() => GetAsync(server, Client(leaf))).DefaultTimeout();

        var (id, level, text) = await server.NextLogAsync().DefaultTimeout();
        Assert.Equal(7101, id.Id);
        Assert.Equal(LogLevel.Information, level);
        Assert.Contains($"on the agent port: {reason} (", text, StringComparison.Ordinal);
        Assert.Contains("127.0.0.1:", text, StringComparison.Ordinal);
        if (leaf is not null)
        {
            Assert.Contains($"subject \"CN=bad\", issuer \"{leaf.Certificate.Issuer}\"", text, StringComparison.Ordinal);
        }

        Assert.Single(server.Log.Entries);
        Assert.Equal(1, server.Failures[$"agent/{reason}"]);
    }

    [Fact]
    public async Task Handshake_ClientChainWithIntermediate_IsServed()
    {
        await using var server = await TlsServer.StartAsync(Options());
        using var middle = _clientCa.CreateIntermediate("client middle");
        using var leaf = middle.IssueClient(new CertificateProfile { CommonName = "alpha" });

        Assert.Equal("HTTP/2 CN=alpha", await GetAsync(server, Client(leaf)).DefaultTimeout());
    }

    [Fact]
    public async Task Handshake_ServerChainWithIntermediate_ReachesAClientThatKnowsTheRootOnly()
    {
        using var middle = _serverCa.CreateIntermediate("server middle");
        using var serverLeaf = middle.IssueServer(new CertificateProfile { CommonName = "s", Hosts = ["localhost"] });
        await using var server = await TlsServer.StartAsync(Options() with { KeyPair = () => serverLeaf.ToKeyPair(), ClientCa = null });

        Assert.Equal("HTTP/2 ", await GetAsync(server, Client(null)).DefaultTimeout());
    }

    [Fact]
    public async Task Handshake_NoClientCa_AsksForNoCertificate()
    {
        await using var server = await TlsServer.StartAsync(Options() with { ClientCa = null });

        Assert.Equal("HTTP/2 ", await GetAsync(server, Client(null)).DefaultTimeout());
    }

    [Fact]
    public async Task Client_WrongServerName_SaysWhichNamesItSaw()
    {
        await using var server = await TlsServer.StartAsync(Options());
        var handshake = Client(null).Begin("hub.example");

        await Assert.ThrowsAsync<AuthenticationException>(() => ConnectAsync(server, handshake)).DefaultTimeout();
        Assert.Equal(PeerVerdict.WrongName, handshake.Server!.Verdict);
        Assert.Equal("localhost,127.0.0.1", handshake.Server.Names);
        Assert.Contains("hub.example", handshake.Server.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_ServerOfForeignAuthority_IsUntrustedAndTheServerNotes()
    {
        using var leaf = _foreignCa.IssueServer(new CertificateProfile { CommonName = "s", Hosts = ["localhost"] });
        await using var server = await TlsServer.StartAsync(Options() with { KeyPair = () => leaf.ToKeyPair(), ClientCa = null });
        var handshake = Client(null).Begin("localhost");

        await Assert.ThrowsAsync<AuthenticationException>(() => ConnectAsync(server, handshake)).DefaultTimeout();
        Assert.Equal(PeerVerdict.Untrusted, handshake.Server!.Verdict);
        Assert.Contains("foreign root", handshake.Server.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Client_IpAddressAsServerName_IsMatchedAgainstIpNames()
    {
        await using var server = await TlsServer.StartAsync(Options() with { ClientCa = null });

        await using var stream = await ConnectAsync(server, Client(null).Begin("127.0.0.1")).DefaultTimeout();
        Assert.True(stream.IsAuthenticated);
    }

    [Fact]
    public async Task Handshake_PlainTextOnTheTlsPort_IsNoClientHello()
    {
        await using var server = await TlsServer.StartAsync(Options());
        using var socket = await DialAsync(server);
        await socket.SendAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        var (_, level, text) = await server.NextLogAsync().DefaultTimeout();
        Assert.Equal(LogLevel.Debug, level);
        Assert.Contains("no_client_hello", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Handshake_SilentPeer_IsCutByTheTimeout()
    {
        await using var server = await TlsServer.StartAsync(Options() with { HandshakeTimeout = TimeSpan.FromMilliseconds(100) });
        using var socket = await DialAsync(server);

        Assert.Equal(0, await socket.ReceiveAsync(new byte[1]).DefaultTimeout());
        var (_, _, text) = await server.NextLogAsync().DefaultTimeout();
        Assert.Contains("timeout", text, StringComparison.Ordinal);
        Assert.Equal(1, server.Failures["agent/timeout"]);
    }

    [Fact]
    [Trait("Spec", "7.18")]
    public async Task Alpn_CustomNameBeforeH2_CanBeSelected()
    {
        await using var server = await TlsServer.StartAsync(Options() with
        {
            ClientCa = null,
            ApplicationProtocols = [new SslApplicationProtocol("custom"), SslApplicationProtocol.Http2],
        });
        var client = new ClientTls(
            new ClientTlsOptions { ServerCa = _serverCa.ToBundle, ExtraApplicationProtocols = ["custom"] }, TimeProvider.System);

        await using var stream = await ConnectAsync(server, client.Begin("localhost")).DefaultTimeout();
        Assert.Equal("custom", stream.NegotiatedApplicationProtocol.ToString());
    }

    [Fact]
    public async Task Alpn_EmptyList_AnswersNone()
    {
        await using var server = await TlsServer.StartAsync(Options() with { ClientCa = null, ApplicationProtocols = [] });

        await using var stream = await ConnectAsync(server, Client(null).Begin("localhost")).DefaultTimeout();
        Assert.Equal("", stream.NegotiatedApplicationProtocol.ToString());
    }

    [Fact]
    public async Task Alpn_NothingInCommon_IsAborted()
    {
        await using var server = await TlsServer.StartAsync(Options() with { ClientCa = null, ApplicationProtocols = [SslApplicationProtocol.Http11] });

        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(server, Client(null).Begin("localhost"))).DefaultTimeout();
        var (_, _, text) = await server.NextLogAsync().DefaultTimeout();
        Assert.Contains("aborted", text, StringComparison.Ordinal);
        Assert.Contains("does not take this port's certificate", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Middleware_WithoutAlpn_CanServeARawProtocol(bool http11Offered)
    {
        await using var server = await TlsServer.StartAsync(
            Options() with { ClientCa = null, ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] },
            HttpProtocols.Http2,
            listen => listen.Run(async connection =>
            {
                var read = await connection.Transport.Input.ReadAtLeastAsync(7);
                var head = Encoding.ASCII.GetString(read.Buffer.FirstSpan);
                connection.Transport.Input.AdvanceTo(read.Buffer.End);
                await connection.Transport.Output.WriteAsync(Encoding.ASCII.GetBytes($"raw {head}"));
            }));
        var client = new ClientTls(
            new ClientTlsOptions { ServerCa = _serverCa.ToBundle, OfferHttp2 = false, ExtraApplicationProtocols = http11Offered ? ["http/1.1"] : [] },
            TimeProvider.System);

        await using var stream = await ConnectAsync(server, client.Begin("localhost")).DefaultTimeout();
        await stream.WriteAsync("CONNECT"u8.ToArray());
        var answer = new byte[11];
        await stream.ReadExactlyAsync(answer).DefaultTimeout();
        Assert.Equal("raw CONNECT", Encoding.ASCII.GetString(answer));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Http2_WithoutAlpn_IsServedOnlyWithTheFeatureOverridden(bool overridden)
    {
        await using var server = await TlsServer.StartAsync(
            Options() with { ClientCa = null, ApplicationProtocols = [] },
            HttpProtocols.Http2,
            listen => listen.Use(next => connection =>
            {
                if (overridden)
                {
                    Http2WithoutAlpn.Apply(connection.Features);
                }

                return next(connection);
            }));
        var get = GetAsync(server, Client(null), "http").DefaultTimeout();

        if (overridden)
        {
            Assert.Equal("HTTP/2 ", await get);
        }
        else
        {
            await Assert.ThrowsAsync<HttpRequestException>(() => get);
        }
    }

    [Fact]
    public async Task OnePort_LookingAtFirstBytes_ServesHttp2AndConnect()
    {
        await using var server = await TlsServer.StartAsync(
            Options() with { ClientCa = null, ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11] },
            HttpProtocols.Http2,
            listen => listen.Use(next => connection => TellApartAsync(connection, next)));
        var noAlpn = new ClientTls(new ClientTlsOptions { ServerCa = _serverCa.ToBundle, OfferHttp2 = false }, TimeProvider.System);

        Assert.Equal("HTTP/2 ", await GetAsync(server, Client(null)).DefaultTimeout());
        Assert.Equal("HTTP/2 ", await GetAsync(server, noAlpn).DefaultTimeout());
        foreach (var client in new[] { noAlpn, Client(null) })
        {
            await using var stream = await ConnectAsync(server, client.Begin("localhost")).DefaultTimeout();
            await stream.WriteAsync("CONNECT a:1 HTTP/1.1\r\n\r\n"u8.ToArray());
            var answer = new byte[7];
            await stream.ReadExactlyAsync(answer).DefaultTimeout();
            Assert.Equal("tunnel!", Encoding.ASCII.GetString(answer));
        }
    }

    [Fact]
    public async Task MinimumVersion_Tls13_RefusesATls12Client()
    {
        await using var server = await TlsServer.StartAsync(Options() with { ClientCa = null, Versions = SslProtocols.Tls13 });
        var handshake = Client(null).Begin("localhost");
        handshake.Options.EnabledSslProtocols = SslProtocols.Tls12;

        await Assert.ThrowsAnyAsync<Exception>(() => ConnectAsync(server, handshake)).DefaultTimeout();
    }

    [Theory]
    [InlineData(SslProtocols.Tls12)]
    [InlineData(SslProtocols.Tls13)]
    public async Task CipherSuites_OneNamed_LimitsTls12AndLeavesTls13(SslProtocols version)
    {
        await using var server = await TlsServer.StartAsync(Options() with
        {
            ClientCa = null,
            CipherSuites = GoTlsNames.ParseCipherSuites("cipher-suites", ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"]),
        });
        var handshake = Client(null).Begin("localhost");
        handshake.Options.EnabledSslProtocols = version;

        await using var stream = await ConnectAsync(server, handshake).DefaultTimeout();
        Assert.Equal(version, stream.SslProtocol);
        if (version == SslProtocols.Tls12)
        {
            Assert.Equal(TlsCipherSuite.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, stream.NegotiatedCipherSuite);
        }
    }

    private static async Task TellApartAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var read = await connection.Transport.Input.ReadAtLeastAsync(3);
        var isHttp2 = Encoding.ASCII.GetString(read.Buffer.FirstSpan[..3]) == "PRI";
        connection.Transport.Input.AdvanceTo(read.Buffer.Start);
        if (isHttp2)
        {
            Http2WithoutAlpn.Apply(connection.Features);
            await next(connection);
        }
        else
        {
            await connection.Transport.Output.WriteAsync("tunnel!"u8.ToArray());
        }
    }

    private static async Task<Socket> DialAsync(TlsServer server)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(server.Address);
        return socket;
    }

    private static async Task<SslStream> ConnectAsync(TlsServer server, ClientTlsHandshake handshake)
    {
        var stream = new SslStream(new NetworkStream(await DialAsync(server), ownsSocket: true));
        try
        {
            await stream.AuthenticateAsClientAsync(handshake.Options);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static async Task<string> GetAsync(TlsServer server, ClientTls client, string scheme = "http")
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, _) => await ConnectAsync(server, client.Begin("localhost")),
        };
        using var http = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"{scheme}://localhost:{server.Address.Port}/")
        {
            Version = new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var response = await http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }

    private ClientTls Client(IssuedCertificate? leaf) => new(
        new ClientTlsOptions { ServerCa = _serverCa.ToBundle, KeyPair = leaf is null ? null : leaf.ToKeyPair },
        TimeProvider.System);

    private ServerTlsOptions Options()
    {
        var leaf = _serverCa.IssueServer(new CertificateProfile { CommonName = "s", Hosts = ["localhost", "127.0.0.1"] }).ToKeyPair();
        return new ServerTlsOptions
        {
            Plane = "agent",
            KeyPair = () => leaf,
            ClientCa = _clientCa.ToBundle,
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        };
    }

    private IssuedCertificate? BadLeaf(string reason)
    {
        var profile = new CertificateProfile { CommonName = "bad" };
        var now = DateTimeOffset.UtcNow;
        return reason switch
        {
            "missing" => null,
            "expired" => _clientCa.IssueClient(profile with { NotBefore = now.AddDays(-3), Lifetime = TimeSpan.FromDays(-1) }),
            "not_yet_valid" => _clientCa.IssueClient(profile with { NotBefore = now.AddDays(3), Lifetime = TimeSpan.FromDays(5) }),
            "untrusted" => _foreignCa.IssueClient(profile),
            "wrong_usage" => _clientCa.IssueServer(profile),
            _ => throw new ArgumentOutOfRangeException(nameof(reason)),
        };
    }
}
