using ClusterProxy.Interop.Tests.Programs;
using ClusterProxy.Interop.Tests.Raw;

namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>The TLS of both ports as OpenSSL's client sees it.</summary>
[Collection(nameof(RawServers))]
public sealed class OpenSslTests(RawServerFixture fixture)
{
    private ServerProgram Server => fixture.Server;

    [SkippableTheory]
    [InlineData(ServerPort.Agent, "-tls1_2")]
    [InlineData(ServerPort.Agent, "-tls1_3")]
    [InlineData(ServerPort.Frontend, "-tls1_2")]
    [InlineData(ServerPort.Frontend, "-tls1_3")]
    public async Task Handshake_OfACurrentVersion_SelectsH2(ServerPort port, string version)
    {
        SkipIfMissing();

        var run = await ConnectAsync(port, Certificate(port), version, "-alpn", "x-other,h2");

        Assert.Contains("ALPN protocol: h2", run.Output, StringComparison.Ordinal);
        Assert.Contains("Verify return code: 0 (ok)", run.Output, StringComparison.Ordinal);
        Assert.Equal(0, run.ExitCode);
        await fixture.VerifyUntouchedAsync();
    }

    [SkippableTheory]
    [InlineData(ServerPort.Agent, "-tls1")]
    [InlineData(ServerPort.Agent, "-tls1_1")]
    [InlineData(ServerPort.Frontend, "-tls1")]
    [InlineData(ServerPort.Frontend, "-tls1_1")]
    public async Task Handshake_OfAnOldVersion_IsRefused(ServerPort port, string version)
    {
        SkipIfMissing();

        var run = await ConnectAsync(port, Certificate(port), version, "-cipher", "DEFAULT@SECLEVEL=0", "-alpn", "h2");

        Assert.NotEqual(0, run.ExitCode);
        Assert.DoesNotContain("ALPN protocol: h2", run.Output, StringComparison.Ordinal);
        Assert.Contains("no peer certificate available", run.Output, StringComparison.Ordinal);
        await fixture.VerifyUntouchedAsync();
    }

    [SkippableTheory]
    [InlineData(ServerPort.Agent, "-tls1_2", "agent")]
    [InlineData(ServerPort.Agent, "-tls1_3", "agent")]
    [InlineData(ServerPort.Frontend, "-tls1_2", "frontend")]
    [InlineData(ServerPort.Frontend, "-tls1_3", "frontend")]
    public async Task Handshake_WithoutAClientCertificate_IsRefusedAndCounted(ServerPort port, string version, string plane)
    {
        SkipIfMissing();
        var before = await RefusalsAsync(plane);

        // In TLS 1.3 the client learns of it with its first read only, so it must wait for one.
        await ConnectAsync(port, null, version, "-alpn", "h2", "-ign_eof");

        await Eventually.ObserveAsync(() => RefusalsAsync(plane), count => count.Equals(before + 1));
        await fixture.VerifyUntouchedAsync();
    }

    [SkippableTheory]
    [InlineData(ServerPort.Agent, "agent")]
    [InlineData(ServerPort.Frontend, "frontend")]
    public async Task Handshake_WithACertificateOfTheOtherPlane_IsRefusedAndSaid(ServerPort port, string plane)
    {
        SkipIfMissing();
        var foreign = (port == ServerPort.Agent ? Server.Frontends : Server.Agents).Client("stranger");
        var before = await RefusalsAsync(plane);

        await ConnectAsync(port, foreign, "-alpn", "h2", "-ign_eof");

        await Eventually.ObserveAsync(() => RefusalsAsync(plane), count => count.Equals(before + 1));
        await Server.Process.WaitForLineAsync(line =>
            line.Contains("CN=stranger", StringComparison.Ordinal) && line.Contains($"on the {plane} port: untrusted", StringComparison.Ordinal));
        await fixture.VerifyUntouchedAsync();
    }

    private static void SkipIfMissing() => Skip.IfNot(OutsideProgram.IsInstalled("openssl"), "openssl is not installed");

    private Task<double> RefusalsAsync(string plane) =>
        Server.Metrics.ValueAsync("clusterproxy_server_tls_handshake_failures_total", ("plane", plane));

    private TestCertificate Certificate(ServerPort port) => (port == ServerPort.Agent ? Server.Agents : Server.Frontends).Client("openssl");

    private Task<ToolRun> ConnectAsync(ServerPort port, TestCertificate? certificate, params string[] more)
    {
        var (number, certificates) = port == ServerPort.Agent ? (Server.AgentPort, Server.Agents) : (Server.FrontendPort, Server.Frontends);
        return ToolRun.OfAsync("openssl", [
            "s_client", "-connect", $"127.0.0.1:{number}", "-CAfile", certificates.AuthorityFile,
            .. certificate is null ? [] : (string[])["-cert", certificate.CertificateFile, "-key", certificate.KeyFile], .. more,
        ]);
    }
}
