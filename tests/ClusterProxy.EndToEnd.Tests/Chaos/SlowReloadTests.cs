using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Chaos;

/// <summary>Certificate files that are written slowly, by somebody who does not replace them in one step.</summary>
public sealed class SlowReloadTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const string Reloads = "clusterproxy_server_certificate_reloads_total";

    [Fact]
    public async Task Pair_ThatIsWrittenPieceByPiece_IsShownWhenItIsWhole_AndNotBefore()
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        await using var running = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
        var (certificate, key) = (fixture.ServerOptions.ServerCert, fixture.ServerOptions.ServerKey);
        var next = fixture.FrontendPlane.Server();
        var (nextCertificate, nextKey) = (await File.ReadAllTextAsync(next.CertificateFile), await File.ReadAllTextAsync(next.KeyFile));
        var before = await ShownAsync(fixture);
        (string Path, string Content)[] pieces =
        [
            (certificate, nextCertificate[..(nextCertificate.Length / 2)]), (certificate, nextCertificate), (key, ""), (key, nextKey[..(nextKey.Length / 2)]),
        ];

        for (var i = 0; i < pieces.Length; i++)
        {
            await File.WriteAllTextAsync(pieces[i].Path, pieces[i].Content);
            await fixture.ServerMetrics.WaitForAsync(Reloads, i + 1, ("plane", "frontend"), ("role", "serving"), ("result", "failure"));
            Assert.Equal(before, await ShownAsync(fixture));
            await EchoAsync(running);
        }

        await File.WriteAllTextAsync(key, nextKey);
        await fixture.ServerMetrics.WaitForAsync(Reloads, 1, ("plane", "frontend"), ("role", "serving"), ("result", "success"));
        Assert.Equal(next.Certificate.Thumbprint, await ShownAsync(fixture));
        await EchoAsync(running);
    }

    private static async Task<string> ShownAsync(TunnelFixture fixture)
    {
        await using var stream = (SslStream)await Sockets.ConnectTlsAsync(
            fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.FrontendPlane.Client(), "h2");
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    private static async Task EchoAsync(Stream stream)
    {
        await stream.WriteAsync("still here"u8.ToArray()).DefaultTimeout();
        await stream.FlushAsync().DefaultTimeout();
        await stream.ReadExactlyAsync(new byte[10]).DefaultTimeout();
    }
}
