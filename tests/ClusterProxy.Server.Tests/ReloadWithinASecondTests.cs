using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using ClusterProxy.Hosting.Reloading;
using ClusterProxy.Server.Tests.Kit;

namespace ClusterProxy.Server.Tests;

/// <summary>
/// The server's files are in use a second after they changed. The second is one of the clock that the test gives to the server: it
/// passes in four steps, and how long the machine takes to run what they started has no part in it.
/// </summary>
public sealed class ReloadWithinASecondTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Policy_DecidesOverTheNextDial()
    {
        var policy = _folder.File("policy.yaml");
        File.WriteAllText(policy, "rules: []");
        await using var server = await TestServer.StartAsync(o => o with { FrontendPolicy = policy }, _time);
        Assert.Contains("policy", await RefusalAsync(server), StringComparison.Ordinal);

        File.WriteAllText(policy, "rules:\n- subjects: [\"*\"]\n  hosts: [\"*\"]");
        PassASecond();

        await WaitForAsync(server, "clusterproxy_server_policy_reloads_total", ("result", "success"));
        Assert.Equal("No agent available", await RefusalAsync(server));
    }

    [Fact]
    public async Task ServingPair_AndClientAuthority_DecideOverTheNextHandshake()
    {
        await using var server = await TestServer.StartAsync(time: _time, tcp: true);
        using var next = new TestCertificates("next");
        var pair = server.FrontendCertificates.Server();

        File.Copy(pair.CertificateFile, server.Options.ServerCert, overwrite: true);
        File.Copy(pair.KeyFile, server.Options.ServerKey, overwrite: true);
        File.Copy(next.AuthorityFile, server.Options.ClusterCaCert, overwrite: true);
        PassASecond();

        await WaitForAsync(server, "clusterproxy_server_certificate_reloads_total", ("plane", "frontend"), ("role", "serving"), ("result", "success"));
        await WaitForAsync(server, "clusterproxy_server_certificate_reloads_total", ("plane", "agent"), ("role", "ca"), ("result", "success"));
        await using var stream = (SslStream)await server.DialFrontendAsync();
        Assert.Equal(pair.Certificate.Thumbprint, ((X509Certificate2)stream.RemoteCertificate!).Thumbprint);
    }

    private static async Task<string> RefusalAsync(TestServer server)
    {
        var frontend = await server.OpenFrontendAsync();
        await frontend.SendAsync(Protocol.Packets.PacketFactory.DialRequest("tcp", "target:1", 7));
        return (await frontend.HearAsync(Protocol.Messages.PacketType.DialRsp)).DialResponse.Error;
    }

    private static Task<double> WaitForAsync(TestServer server, string metric, params (string, string)[] labels) =>
        Eventually.ObserveAsync(() => Task.FromResult(server.Metric(metric).Value(labels)), static v => v == 1);

    private void PassASecond()
    {
        for (var passed = TimeSpan.Zero; passed < TimeSpan.FromSeconds(1); passed += FileReloader.Interval)
        {
            _time.Advance(FileReloader.Interval);
        }
    }
}
