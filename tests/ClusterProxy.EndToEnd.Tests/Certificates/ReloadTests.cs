using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Certificates;

/// <summary>Files that change under running programs.</summary>
public sealed class ReloadTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Reloads = "clusterproxy_server_certificate_reloads_total";

    [Theory]
    [InlineData("agent")]
    [InlineData("frontend")]
    public async Task ServingPair_ThatIsReplaced_IsShownToTheNextHandshake_AndConnectionsGoOn(string plane)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        var (files, certificates) = plane == "agent"
            ? ((fixture.ServerOptions.ClusterCert, fixture.ServerOptions.ClusterKey), fixture.AgentPlane)
            : ((fixture.ServerOptions.ServerCert, fixture.ServerOptions.ServerKey), fixture.FrontendPlane);
        var next = certificates.Server();

        Copy(next, files);

        await fixture.ServerMetrics.WaitForAsync(Reloads, 1, ("plane", plane), ("role", "serving"), ("result", "success"));
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync(fixture, plane, certificates));
        await EchoAsync(running);
        await EchoAsync(await fixture.Client(FrontendKind.ConnectTls).ConnectAsync(echo.Address).DefaultTimeout());
    }

    [Fact]
    public async Task ServingPair_ThatIsBad_IsRefused_AndTheLastGoodServes()
    {
        var fixture = await StartAsync();
        var before = await ShownAsync(fixture, "frontend", fixture.FrontendPlane);

        File.Copy(fixture.FrontendPlane.Server().CertificateFile, fixture.ServerOptions.ServerCert, overwrite: true);

        await fixture.ServerMetrics.WaitForAsync(Reloads, 1, ("plane", "frontend"), ("role", "serving"), ("result", "failure"));
        var log = await fixture.Log.Log.WaitForAsync("FileRefused").DefaultTimeout();
        Assert.Contains("does not match", log.Message, StringComparison.Ordinal);
        Assert.Equal(before, await ShownAsync(fixture, "frontend", fixture.FrontendPlane));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task SecretVolume_ThatIsSwapped_IsServed()
    {
        var folder = Own(new TemporaryDirectory());
        var volume = new SecretVolume(folder.Path);
        var fixture = await StartAsync(new()
        {
            Server = options =>
            {
                volume.Publish(
                    ("tls.crt", File.ReadAllText(options.ServerCert)), ("tls.key", File.ReadAllText(options.ServerKey)),
                    ("ca.crt", File.ReadAllText(options.ServerCaCert)));
                return options with { ServerCert = volume["tls.crt"], ServerKey = volume["tls.key"], ServerCaCert = volume["ca.crt"] };
            },
        });
        var next = fixture.FrontendPlane.Server();

        volume.Publish(
            ("tls.crt", File.ReadAllText(next.CertificateFile)), ("tls.key", File.ReadAllText(next.KeyFile)),
            ("ca.crt", File.ReadAllText(fixture.FrontendPlane.AuthorityFile)));

        await fixture.ServerMetrics.WaitForAsync(Reloads, 1, ("plane", "frontend"), ("role", "serving"), ("result", "success"));
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync(fixture, "frontend", fixture.FrontendPlane));
        Assert.Equal(0, await fixture.ServerMetrics.ValueAsync(Reloads, ("result", "failure")));
    }

    [Fact]
    public async Task ClientAuthority_ThatIsReplaced_DecidesOverTheNextHandshake_AndTunnelsLiveOn()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        var other = Own(new TestCertificates("other agents"));

        File.Copy(other.AuthorityFile, fixture.ServerOptions.ClusterCaCert, overwrite: true);
        await fixture.ServerMetrics.WaitForAsync(Reloads, 1, ("plane", "agent"), ("role", "ca"), ("result", "success"));

        // The agent's own file is the same one: it trusts the server no more, and the server not the agent.
        await EchoAsync(running);
        await using (await Sockets.ConnectTlsAsync(fixture.Server.AgentPort, fixture.AgentPlane, other.Client(), "h2"))
        {
        }

        Assert.Single(fixture.Server.Agents.Tunnels);
    }

    [Fact]
    public async Task Metrics_ShowTheEndOfEveryFile()
    {
        var fixture = await StartAsync();
        var leaf = new DateTimeOffset(fixture.AgentPlane.Authority.Certificate.NotAfter.ToUniversalTime()).ToUnixTimeSeconds();

        foreach (var (plane, role) in ((string, string)[])[("agent", "serving"), ("frontend", "serving"), ("frontend", "ca")])
        {
            Assert.True(await fixture.ServerMetrics.ValueAsync(
                "clusterproxy_server_certificate_expiry_timestamp_seconds", ("plane", plane), ("role", role)) > 0);
        }

        Assert.Equal(leaf, await fixture.ServerMetrics.ValueAsync(
            "clusterproxy_server_certificate_expiry_timestamp_seconds", ("plane", "agent"), ("role", "ca")));
        Assert.Equal(leaf, await fixture.AgentMetrics().ValueAsync(
            "clusterproxy_agent_certificate_expiry_timestamp_seconds", ("plane", "agent"), ("role", "ca")));
        Assert.True(await fixture.AgentMetrics().ValueAsync(
            "clusterproxy_agent_certificate_expiry_timestamp_seconds", ("plane", "agent"), ("role", "client")) > 0);
    }

    private static void Copy(TestCertificate pair, (string Certificate, string Key) files)
    {
        File.Copy(pair.CertificateFile, files.Certificate, overwrite: true);
        File.Copy(pair.KeyFile, files.Key, overwrite: true);
    }

    private static async Task<string> ShownAsync(TunnelFixture fixture, string plane, TestCertificates certificates)
    {
        var port = plane == "agent" ? fixture.Server.AgentPort : fixture.Server.FrontendPort;
        await using var stream = (SslStream)await Sockets.ConnectTlsAsync(port, certificates, certificates.Client(), "h2");
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
