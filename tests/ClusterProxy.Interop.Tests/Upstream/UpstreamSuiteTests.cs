namespace ClusterProxy.Interop.Tests.Upstream;

/// <summary>konnectivity's own end-to-end tests, which start its server themselves, with our agent in place of its own.</summary>
public sealed class UpstreamSuiteTests
{
    private static readonly TimeSpan Longest = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Left out: of TestProxyDial_AgentTimeout_GRPC the leak check counts the connection on which it reads an external agent's metrics,
    /// and TestProxyHandle_TunnelContextCancelled_GRPC waits for either of two errors that race in its own client. With konnectivity's
    /// own agent as a program the first fails too.
    /// </summary>
    private const string LeftOut = "TestProxyDial_AgentTimeout_GRPC|TestProxyHandle_TunnelContextCancelled_GRPC";

    [SkippableFact]
    public async Task OurAgent_PassesUpstreamsOwnTests()
    {
        UpstreamPrograms.SkipIfMissing(UpstreamPrograms.Tests);
        var agent = Path.ChangeExtension(BuiltProgram.ProxyAgent, null);

        await using var suite = ProgramProcess.Start(
            UpstreamPrograms.Tests, ["-test.v", "-test.timeout=280s", $"-test.skip={LeftOut}", $"-agent-path={agent}"]);
        await suite.Ended.WaitAsync(Longest);

        var lines = suite.Lines.Select(l => l.Text.Trim()).ToList();

        // What a test logs explains its failure; those that pass log too.
        Assert.False(lines.Any(IsFailure), string.Join('\n', lines.Where(static l => IsFailure(l) || l.Contains("_test.go:", StringComparison.Ordinal))));
        Assert.True(lines.Count(l => l.StartsWith("--- PASS", StringComparison.Ordinal)) > 20, suite.Describe());
        await suite.ExpectExitAsync(0);
    }

    private static bool IsFailure(string line) => line.StartsWith("--- FAIL", StringComparison.Ordinal);
}
