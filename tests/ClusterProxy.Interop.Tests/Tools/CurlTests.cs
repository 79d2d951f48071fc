using ClusterProxy.Interop.Tests.Chains;
using ClusterProxy.Interop.Tests.Peers;
using ClusterProxy.Interop.Tests.Programs;

namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>curl through the HTTP-CONNECT frontend, on a port that serves gRPC too.</summary>
[Collection(nameof(NodePeers))]
public sealed class CurlTests(CurlTests.Hub hub) : IClassFixture<CurlTests.Hub>
{
    private static readonly string[] Quiet = ["-sS", "--max-time", "20", "--noproxy", ""];

    [SkippableTheory]
    [InlineData(Transport.MutualTls)]
    [InlineData(Transport.UnixSocket)]
    public async Task Curl_Get_ReachesTheTarget(Transport transport)
    {
        SkipIfMissing();
        await using var target = await HttpTarget.StartAsync();

        var run = await CurlAsync(transport, target.Url.ToString());

        Assert.Equal((0, target.Body), (run.ExitCode, run.Output));
        await hub.VerifyAsync();
    }

    [SkippableTheory]
    [InlineData(Transport.MutualTls)]
    [InlineData(Transport.UnixSocket)]
    public async Task Curl_HttpsTarget_IsTlsFromEndToEnd(Transport transport)
    {
        SkipIfMissing();
        using var certificates = new TestCertificates("targets");
        await using var target = await HttpTarget.StartAsync(certificates.Server().Certificate);

        var run = await CurlAsync(transport, "--cacert", certificates.AuthorityFile, target.Url.ToString());

        Assert.Equal((0, target.Body), (run.ExitCode, run.Output));
        await hub.VerifyAsync();
    }

    [SkippableFact]
    [Trait("Spec", "7.9")]
    public async Task Curl_TwentyMegabytes_ArriveUnchanged()
    {
        SkipIfMissing();
        using var directory = new TemporaryDirectory();
        await using var target = await HttpTarget.StartAsync();
        var file = directory.File("large");

        var run = await CurlAsync(Transport.MutualTls, "-o", file, new Uri(target.Url, "large").ToString());

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(HttpTarget.LargeSha256, SeededBytes.Sha256(await File.ReadAllBytesAsync(file)));
        await hub.VerifyAsync();
    }

    [SkippableFact]
    public async Task Curl_Post_IsEchoed()
    {
        SkipIfMissing();
        using var directory = new TemporaryDirectory();
        await using var target = await HttpTarget.StartAsync();
        var (body, answer) = (directory.File("body"), directory.File("answer"));
        await File.WriteAllBytesAsync(body, SeededBytes.Create(5, 3_000_000));

        var run = await CurlAsync(Transport.MutualTls, "--data-binary", $"@{body}", "-o", answer, target.Url.ToString());

        Assert.Equal(0, run.ExitCode);
        Assert.Equal(SeededBytes.Sha256(5, 3_000_000), SeededBytes.Sha256(await File.ReadAllBytesAsync(answer)));
        await hub.VerifyAsync();
    }

    [SkippableTheory]
    [InlineData(Transport.MutualTls)]
    [InlineData(Transport.UnixSocket)]
    [Trait("Spec", "7.12")]
    public async Task Curl_RefusingTarget_Gets502(Transport transport)
    {
        SkipIfMissing();
        using var refusing = new RefusingPort();

        var run = await CurlAsync(transport, "-w", "%{http_connect}", $"http://{refusing.Address}/");

        Assert.Equal((56, "502"), (run.ExitCode, run.Output));
        await hub.VerifyAsync();
    }

    [SkippableTheory]
    [InlineData("no-such-host.invalid:80", "no such host")]
    [InlineData("127.0.0.1", "has no port")]
    [Trait("Spec", "7.11")]
    public async Task Curl_FailedConnect_CanReadWhy(string target, string text)
    {
        SkipIfMissing();

        // curl's own proxy code hides the body, so the request is made to look like any other.
        var run = await ToolRun.OfAsync("curl", [
            .. Quiet, "--unix-socket", hub.Server.SocketPath, "-X", "CONNECT", "--request-target", target,
            "-w", "\n%{http_code} %{content_type}", "http://127.0.0.1/",
        ]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains(text, run.Output, StringComparison.Ordinal);
        Assert.Matches("\n(400|502) text/plain", run.Output);
        await hub.VerifyAsync();
    }

    [SkippableFact]
    public async Task Curl_OrdinaryRequest_IsToldThatOnlyConnectIsServed()
    {
        SkipIfMissing();

        var run = await ToolRun.OfAsync(
            "curl", [.. Quiet, "--http1.1", "--unix-socket", hub.Server.SocketPath, "-w", "\n%{http_code}", "http://127.0.0.1/"]);

        Assert.Equal("this proxy only supports CONNECT passthrough\n405", run.Output.Replace("\n\n", "\n", StringComparison.Ordinal));
        await hub.VerifyAsync();
    }

    [SkippableFact]
    public async Task Curl_WithoutAClientCertificate_IsRefused()
    {
        SkipIfMissing();

        var run = await ToolRun.OfAsync("curl", [
            .. Quiet, "-p", "-x", $"https://127.0.0.1:{hub.Server.FrontendPort}", "--proxy-cacert", hub.Server.Frontends.AuthorityFile,
            "http://127.0.0.1:1/",
        ]);

        Assert.NotEqual(0, run.ExitCode);
        await hub.Server.Process.WaitForLineAsync("on the frontend port: missing");
        await hub.VerifyAsync();
    }

    [SkippableFact]
    public async Task Curl_AndGrpc_ShareOnePort()
    {
        SkipIfMissing();
        NodeFixture.SkipIfMissing();
        await using var target = await HttpTarget.StartAsync();
        await using var frontend = new NodeFrontend(await NodePeer.StartFrontendAsync(
            $"127.0.0.1:{hub.Server.FrontendPort}", hub.Server.Frontends.Client("frontend"), hub.Server.Frontends.AuthorityFile));

        var connection = await frontend.DialAsync(target.Address);
        var run = await CurlAsync(Transport.MutualTls, target.Url.ToString());
        await connection.CloseAsync();

        Assert.Equal((0, target.Body), (run.ExitCode, run.Output));
        await frontend.DisposeAsync();
        await hub.VerifyAsync();
    }

    private static void SkipIfMissing() => Skip.IfNot(OutsideProgram.IsInstalled("curl"), "curl is not installed");

    private async Task<ToolRun> CurlAsync(Transport transport, params string[] arguments)
    {
        if (transport == Transport.MutualTls)
        {
            var client = hub.Server.Frontends.Client("curl");
            return await ToolRun.OfAsync("curl", [
                .. Quiet, "-p", "-x", $"https://127.0.0.1:{hub.Server.FrontendPort}", "--proxy-cacert", hub.Server.Frontends.AuthorityFile,
                "--proxy-cert", client.CertificateFile, "--proxy-key", client.KeyFile, .. arguments,
            ]);
        }

        await using var relay = new UnixRelay(hub.Server.SocketPath);
        return await ToolRun.OfAsync("curl", [.. Quiet, "-p", "-x", $"http://{relay.Address}", .. arguments]);
    }

    /// <summary>A server that serves both protocols, and its agent.</summary>
    public sealed class Hub : IAsyncLifetime
    {
        private AgentProgram _agent = null!;

        public ServerProgram Server { get; private set; } = null!;

        public async Task InitializeAsync()
        {
            Server = await ServerProgram.StartAsync("--mode=auto");
            _agent = await AgentProgram.StartAsync(Server.AgentPort, Server.Agents);
        }

        public async Task VerifyAsync()
        {
            await Server.WaitUntilIdleAsync();
            await _agent.WaitUntilIdleAsync();
            Server.Verify();
            _agent.Verify();
        }

        public async Task DisposeAsync()
        {
            await _agent.DisposeAsync();
            await Server.DisposeAsync();
        }
    }
}
