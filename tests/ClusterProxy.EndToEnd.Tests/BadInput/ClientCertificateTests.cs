using Microsoft.Extensions.Logging;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.BadInput;

/// <summary>Who has not the right certificate gets no connection; the operator gets one line and a count.</summary>
public sealed class ClientCertificateTests(ITestOutputHelper output) : TunnelTest(output)
{
    [Theory]
    [InlineData("agent", "unknown authority", "untrusted")]
    [InlineData("agent", "other plane", "untrusted")]
    [InlineData("agent", "expired", "expired")]
    [InlineData("agent", "none", "missing")]
    [InlineData("agent", "server certificate", "wrong_usage")]
    [InlineData("frontend", "unknown authority", "untrusted")]
    [InlineData("frontend", "other plane", "untrusted")]
    [InlineData("frontend", "expired", "expired")]
    [InlineData("frontend", "none", "missing")]
    [InlineData("frontend", "server certificate", "wrong_usage")]
    public async Task Certificate_ThatIsNotRight_IsRefused_Logged_AndCounted(string plane, string kind, string reason)
    {
        var echo = Own(new EchoTarget());
        var fixture = await StartAsync();
        var (port, own, other) = plane == "agent"
            ? (fixture.Server.AgentPort, fixture.AgentPlane, fixture.FrontendPlane)
            : (fixture.Server.FrontendPort, fixture.FrontendPlane, fixture.AgentPlane);
        var shown = kind switch
        {
            "unknown authority" => Own(new TestCertificates("nobody's")).Client("stranger"),
            "other plane" => other.Client("stranger"),
            "expired" => own.ExpiredClient("stranger"),
            "server certificate" => own.Server(),
            _ => null,
        };

        Assert.True(await IsRefusedAsync(port, own, shown));

        var log = await fixture.Log.Log.WaitForAsync("ClientCertificateRefused").DefaultTimeout();
        Assert.Equal(LogLevel.Information, log.Level);
        Assert.Equal((plane, reason), (log.Values["Plane"], log.Values["Reason"]));
        Assert.Equal(shown?.Certificate.Subject ?? "", log.Values["Subject"]);
        Assert.Equal(shown?.Certificate.Issuer ?? "", log.Values["Issuer"]);
        Assert.Single(fixture.Log.Records, static r => r.EventName is "ClientCertificateRefused" or "HandshakeFailed");
        await fixture.ServerMetrics.WaitForAsync(ServerMetric.HandshakeFailures, 1, ("plane", plane), ("reason", reason));
        await ShouldBeSeenAsync(fixture);
        await using var stream = await fixture.Client(FrontendKind.GrpcTls).ConnectAsync(echo.Address).DefaultTimeout();
    }

    [Theory]
    [InlineData("unknown authority")]
    [InlineData("expired")]
    [InlineData("none")]
    public async Task Client_WithoutTheRightCertificate_IsToldThatTheServerEndedTheConnection(string kind)
    {
        var fixture = await StartAsync(new() { Agents = 0 });
        foreach (var frontend in (FrontendKind[])[FrontendKind.GrpcTls, FrontendKind.ConnectTls])
        {
            var client = fixture.Client(frontend, options =>
            {
                options.ClientCertificates.Clear();
                if (kind != "none")
                {
                    var certificate = kind == "expired" ? fixture.FrontendPlane.ExpiredClient() : Own(new TestCertificates()).Client();
                    var context = System.Net.Security.SslStreamCertificateContext.Create(certificate.Certificate, null, offline: true);
                    options.ClientCertificateProvider = () => context;
                }
            });

            var error = await Assert.ThrowsAsync<Client.TunnelConnectException>(() => client.ConnectAsync("10.0.0.1:1").DefaultTimeout());

            Assert.True(error.IsTransportFailure, $"{error.Reason}: {error.Message}");
        }
    }

    /// <summary>In TLS 1.3 the client learns of it with its first read.</summary>
    private static async Task<bool> IsRefusedAsync(int port, TestCertificates trusted, TestCertificate? shown)
    {
        try
        {
            await using var stream = await Sockets.ConnectTlsAsync(port, trusted, shown, "h2");
            return await stream.ReadAsync(new byte[1]).DefaultTimeout() == 0;
        }
        catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
        {
            return true;
        }
    }
}
