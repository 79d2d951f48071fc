using System.Net.Security;
using System.Runtime.Versioning;

namespace ClusterProxy.Client.Tests.Servers;

public sealed class ServerTlsTests : IDisposable
{
    private readonly TestCertificates _certificates = new();

    public void Dispose() => _certificates.Dispose();

    [Fact]
    public async Task Dial_MutualTls_Works()
    {
        var client = _certificates.Client("frontend");
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true);
        await using var tunnels = server.Client(o =>
        {
            o.ServerAuthorities.Add(_certificates.Authority.Certificate);
            o.ClientCertificates.Add(client.Certificate);
        });

        var (stream, call) = await server.ConnectAsync(tunnels);

        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
    }

    [Fact]
    public async Task Dial_CertificateProvider_IsAskedForEachHandshake()
    {
        var context = SslStreamCertificateContext.Create(_certificates.Client("frontend").Certificate, null, offline: true);
        var asked = 0;
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true, maxStreams: 1);
        await using var tunnels = server.Client(o =>
        {
            o.ServerAuthorities.Add(_certificates.Authority.Certificate);
            o.ClientCertificateProvider = () =>
            {
                Interlocked.Increment(ref asked);
                return context;
            };
        });

        await server.ConnectAsync(tunnels);
        await server.ConnectAsync(tunnels);

        Assert.Equal(2, asked);
    }

    [Fact]
    public async Task Dial_WithFiles_FollowsThem_AndKeepsTheLastGood()
    {
        using var folder = new TemporaryDirectory();
        var (certificate, key, ca) = (folder.File("tls.crt"), folder.File("tls.key"), folder.File("ca.crt"));
        Copy(_certificates.Client("first"));
        File.WriteAllText(ca, _certificates.Authority.ExportCertificatePem());
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true, maxStreams: 1);
        using var log = new CapturedLog();
        var time = new SkippingTime();
        await using var tunnels = server.Client(o =>
        {
            o.TimeProvider = time;
            (o.ClientCertificateFile, o.ClientKeyFile, o.ServerAuthoritiesFile) = (certificate, key, ca);
            o.LoggerFactory = log.CreateFactory();
        });

        Assert.Equal("CN=first", await ShownAsync());
        Copy(_certificates.Client("second"));
        Assert.Equal("CN=second", await ShownAsync());
        File.Copy(_certificates.Client("third").CertificateFile, certificate, overwrite: true);
        File.WriteAllText(ca, "nothing");
        Assert.Equal("CN=second", await ShownAsync());
        Assert.Equal("CN=second", await ShownAsync());
        Assert.DoesNotContain(log.Records, static r => r.EventName == "FilesRefused");
        time.Skip(TimeSpan.FromSeconds(5));
        Assert.Equal("CN=second", await ShownAsync());
        Assert.Equal(2, log.Records.Count(static r => r.EventName == "FilesRefused"));

        using var others = new TestCertificates("other CA");
        File.WriteAllText(ca, others.Authority.ExportCertificatePem());
        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => tunnels.ConnectAsync("a:1").DefaultTimeout());
        Assert.Contains("is not trusted", error.Message, StringComparison.Ordinal);

        void Copy(TestCertificate pair)
        {
            File.Copy(pair.CertificateFile, certificate, overwrite: true);
            File.Copy(pair.KeyFile, key, overwrite: true);
        }

        async Task<string?> ShownAsync() => (await server.ConnectAsync(tunnels)).Call.ClientSubject;
    }

    /// <summary>The files are read for each handshake, so that no time has to pass: the clock here never goes on.</summary>
    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Dial_WithFilesOfASecretVolume_ShowsAndTrustsWhatItHoldsNow()
    {
        using var folder = new TemporaryDirectory();
        using var others = new TestCertificates("other CA");
        var volume = new SecretVolume(folder.Path);
        Publish("first", _certificates);
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true, maxStreams: 1);
        await using var tunnels = server.Client(o =>
        {
            o.TimeProvider = new ManualTime();
            (o.ClientCertificateFile, o.ClientKeyFile, o.ServerAuthoritiesFile) = (volume["tls.crt"], volume["tls.key"], volume["ca.crt"]);
        });
        Assert.Equal("CN=first", (await server.ConnectAsync(tunnels)).Call.ClientSubject);

        Publish("second", _certificates);
        Assert.Equal("CN=second", (await server.ConnectAsync(tunnels)).Call.ClientSubject);

        Publish("third", others);
        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => tunnels.ConnectAsync("a:1").DefaultTimeout());
        Assert.Contains("is not trusted", error.Message, StringComparison.Ordinal);

        void Publish(string name, TestCertificates authority)
        {
            var pair = _certificates.Client(name);
            volume.Publish(
                ("tls.crt", File.ReadAllText(pair.CertificateFile)), ("tls.key", File.ReadAllText(pair.KeyFile)),
                ("ca.crt", File.ReadAllText(authority.AuthorityFile)));
        }
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Dial_WithFilesOnADiskThatHangs_UsesWhatWasRead_AndFollowsThePathToAnotherDisk()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.File("tls.pem");
        File.WriteAllText(file, Pem("first"));
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true, maxStreams: 1);
        using var log = new CapturedLog();
        await using var tunnels = server.Client(o =>
        {
            o.ServerAuthorities.Add(_certificates.Authority.Certificate);
            o.ClientCertificateFile = file;
            o.LoggerFactory = log.CreateFactory();
        });

        using (var disk = new HangingFile(file))
        {
            Assert.Equal("CN=first", (await server.ConnectAsync(tunnels).DefaultTimeout()).Call.ClientSubject);
            Assert.Contains(log.Records, static r => r.EventName == "FilesHang");
            disk.Replace(Pem("second"));
            Assert.Equal("CN=second", (await server.ConnectAsync(tunnels).DefaultTimeout()).Call.ClientSubject);
        }

        // What the first read brings in the end is older.
        Assert.Equal("CN=second", (await server.ConnectAsync(tunnels).DefaultTimeout()).Call.ClientSubject);
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Client_MadeWithAFileOnADiskThatHangs_DialsOnceItIsRead()
    {
        using var folder = new TemporaryDirectory();
        var file = folder.File("tls.pem");
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true);
        using var disk = new HangingFile(file);

        await using var tunnels = await Task.Run(() => server.Client(o =>
        {
            o.ServerAuthorities.Add(_certificates.Authority.Certificate);
            o.ClientCertificateFile = file;
        })).DefaultTimeout();

        var error = await Assert.ThrowsAsync<TunnelConnectException>(() => tunnels.ConnectAsync("node1:443")).DefaultTimeout();
        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.Contains($"ClientCertificateFile: {file}", error.Message, StringComparison.Ordinal);
        Assert.Contains("takes longer than 1 s to read", error.Message, StringComparison.Ordinal);
        disk.Replace(Pem("first"));
        Assert.Equal("CN=first", (await server.ConnectAsync(tunnels).DefaultTimeout()).Call.ClientSubject);
    }

    [Fact]
    public void Files_ThatCannotBeUsed_AreNamed()
    {
        var missing = Assert.Throws<ArgumentException>(() => new TunnelClient(
            new() { Address = new Uri("https://localhost:1"), ClientCertificateFile = "/no/such/file" }));
        Assert.Contains("ClientCertificateFile", missing.Message, StringComparison.Ordinal);
        Assert.Contains("/no/such/file", missing.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new TunnelClient(new() { Address = new Uri("https://localhost:1"), ClientKeyFile = "k" }));
    }

    [Fact]
    public async Task Dial_UnknownAuthority_SaysWhichCertificateIsNotTrusted()
    {
        using var others = new TestCertificates("other CA");
        await using var server = await ScriptedServer.StartAsync(_certificates.Server());

        var error = await DialAsync(server, o => o.ServerAuthorities.Add(others.Authority.Certificate));

        Assert.Equal(DialFailureReason.StreamSetup, error.Reason);
        Assert.Contains("\"CN=server\", issued by \"CN=test CA\", is not trusted", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(TunnelClientOptions.ServerAuthorities), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_WrongName_ListsTheNamesOfTheCertificate()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates.Server("proxy.example", "10.1.2.3"));

        var error = await DialAsync(server, o => o.ServerAuthorities.Add(_certificates.Authority.Certificate));

        Assert.Contains("is for proxy.example, 10.1.2.3, not for \"127.0.0.1\"", error.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(TunnelClientOptions.ServerName), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_ServerNameGiven_IsWhatTheCertificateMustCarry()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates.Server("proxy.example"));
        await using var tunnels = server.Client(o =>
        {
            o.ServerAuthorities.Add(_certificates.Authority.Certificate);
            o.ServerName = "proxy.example";
        });

        Assert.NotNull((await server.ConnectAsync(tunnels)).Stream);
    }

    [Fact]
    public async Task Dial_ExpiredServerCertificate_IsRefused()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates.ExpiredServer());

        var error = await DialAsync(server, o => o.ServerAuthorities.Add(_certificates.Authority.Certificate));

        Assert.Contains("NotTimeValid", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Dial_OwnValidation_ReplacesTheCheck()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates.Server("proxy.example"));
        await using var tunnels = server.Client(o => o.ServerCertificateValidation = static (_, _, _, _) => true);

        Assert.NotNull((await server.ConnectAsync(tunnels)).Stream);
    }

    [Fact]
    public async Task Dial_NoClientCertificateWhereOneIsDemanded_ReportsATransportFailure()
    {
        await using var server = await ScriptedServer.StartAsync(_certificates.Server(), requireClientCertificate: true);

        var error = await DialAsync(server, o => o.ServerAuthorities.Add(_certificates.Authority.Certificate));

        Assert.True(error.IsTransportFailure, error.Message);
    }

    [Fact]
    public async Task Dial_ThroughAUnixSocket_NeedsNoTls()
    {
        using var directory = new TemporaryDirectory();
        await using var server = await ScriptedServer.StartAsync(unixSocket: directory.File("f.sock"));
        await using var tunnels = server.Client();

        var (stream, call) = await server.ConnectAsync(tunnels);

        await Task.WhenAll(stream.CloseAsync(), call.AnswerCloseAsync()).DefaultTimeout();
    }

    private static async Task<TunnelConnectException> DialAsync(ScriptedServer server, Action<TunnelClientOptions> configure)
    {
        await using var tunnels = server.Client(configure);
        return await Assert.ThrowsAsync<TunnelConnectException>(() => tunnels.ConnectAsync("node1:1")).DefaultTimeout();
    }

    private string Pem(string name)
    {
        var pair = _certificates.Client(name);
        return File.ReadAllText(pair.CertificateFile) + File.ReadAllText(pair.KeyFile);
    }
}
