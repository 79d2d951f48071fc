using System.Net.Security;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

/// <summary>
/// The server's files are in use a second after they changed, by the clock that the test gives to the server: files that are written over,
/// and a Secret volume's, of which all change by one link.
/// </summary>
[UnsupportedOSPlatform("windows")]
public sealed class ReloadWithinASecondTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();
    private readonly SecretVolume _volume;

    public ReloadWithinASecondTests() => _volume = new SecretVolume(_folder.Path);

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Policy_DecidesOverTheNextDial(bool isVolume)
    {
        Write(isVolume, ("policy.yaml", "rules: []"));
        await using var server = await TestServer.StartAsync(o => o with { FrontendPolicy = _folder.File("policy.yaml") }, _time);
        Assert.Contains("policy", await RefusalAsync(server), StringComparison.Ordinal);

        Write(isVolume, ("policy.yaml", "rules:\n- subjects: [\"*\"]\n  hosts: [\"*\"]"));
        _time.PassASecond();

        await WaitForAsync(server, "clusterproxy_server_policy_reloads_total", ("result", "success"));
        Assert.Equal("No agent available", await RefusalAsync(server));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ServingPair_AndClientAuthority_DecideOverTheNextHandshake(bool isVolume)
    {
        await using var server = await TestServer.StartAsync(
            o =>
            {
                Write(isVolume, Files(o.ServerCert, o.ServerKey, o.ClusterCaCert));
                return o with { ServerCert = _folder.File("tls.crt"), ServerKey = _folder.File("tls.key"), ClusterCaCert = _folder.File("ca.crt") };
            },
            _time, tcp: true);
        using var next = new TestCertificates("next");
        var pair = server.FrontendCertificates.Server();

        Write(isVolume, Files(pair.CertificateFile, pair.KeyFile, next.AuthorityFile));
        _time.PassASecond();

        await WaitForAsync(server, "clusterproxy_server_certificate_reloads_total", ("plane", "frontend"), ("role", "serving"), ("result", "success"));
        await WaitForAsync(server, "clusterproxy_server_certificate_reloads_total", ("plane", "agent"), ("role", "ca"), ("result", "success"));
        await using var stream = (SslStream)await server.DialFrontendAsync();
        Assert.Equal(pair.Certificate.Thumbprint, ((X509Certificate2)stream.RemoteCertificate!).Thumbprint);
        server.AgentCertificate = next.Client();
        Assert.NotNull(await server.ConnectAgentAsync());
    }

    private static (string Name, string Content)[] Files(string certificate, string key, string authority) =>
        [("tls.crt", File.ReadAllText(certificate)), ("tls.key", File.ReadAllText(key)), ("ca.crt", File.ReadAllText(authority))];

    private static async Task<string> RefusalAsync(TestServer server)
    {
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7));
        return (await frontend.HearAsync(Protocol.Messages.PacketType.DialRsp)).DialResponse.Error;
    }

    private static Task<double> WaitForAsync(TestServer server, string metric, params (string, string)[] labels) =>
        Eventually.ObserveAsync(() => Task.FromResult(server.Metric(metric).Value(labels)), static v => v == 1);

    private void Write(bool isVolume, params (string Name, string Content)[] files)
    {
        if (isVolume)
        {
            _volume.Publish(files);
            return;
        }

        foreach (var (name, content) in files)
        {
            File.WriteAllText(_folder.File(name), content);
        }
    }
}
