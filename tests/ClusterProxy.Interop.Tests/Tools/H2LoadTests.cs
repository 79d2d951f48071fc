using ClusterProxy.Interop.Tests.Raw;

namespace ClusterProxy.Interop.Tests.Tools;

/// <summary>Many calls at once from nghttp2's load generator.</summary>
[Collection(nameof(RawServers))]
public sealed class H2LoadTests(RawServerFixture fixture)
{
    [SkippableTheory]
    [InlineData("/Nobody/Knows", "application/grpc", "2xx")]
    [InlineData("/ProxyService/Proxy", "application/grpc", "2xx")]
    [InlineData("/ProxyService/Proxy", "text/plain", "4xx")]
    public async Task H2Load_ThousandsOfShortCalls_AreAllAnswered(string path, string contentType, string expected)
    {
        Skip.IfNot(OutsideProgram.IsInstalled("h2load"), "h2load is not installed");

        var run = await ToolRun.OfAsync("h2load", [
            "-n", "4000", "-c", "8", "-m", "50", "-p", "h2c", "-H", $"content-type: {contentType}", "-H", "te: trailers",
            "-H", ":method: POST", "--base-uri", $"unix:{fixture.Server.SocketPath}", $"http://localhost{path}",
        ]);

        Assert.Equal(0, run.ExitCode);
        Assert.Contains($"status codes: {(expected == "2xx" ? "4000 2xx, 0 3xx, 0 4xx" : "0 2xx, 0 3xx, 4000 4xx")}, 0 5xx", run.Output, StringComparison.Ordinal);
        await fixture.VerifyUntouchedAsync();
    }
}
