namespace ClusterProxy.Gateway.Tests.Flags;

public sealed class UpstreamFlagTests
{
    [Fact]
    public void FlagsOfTheApiServerLibrary_AreTaken()
    {
        string[] both =
        [
            "mode=batch", "version=audit.k8s.io/v1", "batch-buffer-size=1", "batch-max-size=2", "batch-max-wait=3s", "batch-throttle-enable",
            "batch-throttle-qps=1.5", "batch-throttle-burst=4", "truncate-enabled", "truncate-max-batch-size=5", "truncate-max-event-size=6",
        ];

        Assert.True(Parse(
            [
                "--audit-policy-file=p", "--audit-log-format=legacy", "--audit-log-maxage=7", "--audit-log-compress=true",
                "--audit-webhook-config-file=w", "--audit-webhook-initial-backoff=1m",
                .. both.SelectMany(static f => new[] { $"--audit-log-{f}", $"--audit-webhook-{f}" }),
            ]).IsAuditUnheeded);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(false, "--audit-log-maxage=7")]
    [InlineData(true, "--audit-policy-file=p")]
    [InlineData(true, "--audit-webhook-config-file=w")]
    [InlineData(false, "--audit-policy-file=p", "--audit-log-path=a")]
    public void AuditThatNobodyKeeps_IsKnown(bool unheeded, params string[] flags) => Assert.Equal(unheeded, Parse(flags).IsAuditUnheeded);

    [Theory]
    [InlineData("unknown flag --nothing", "apiserver", "--nothing")]
    [InlineData("unexpected argument \"apiserver\"", "apiserver", "apiserver")]
    [InlineData("unexpected argument \"other\"", "other")]
    public void NameOfUpstreamsProgram_InFront_IsPassedOver(string problem, params string[] words)
    {
        using var errors = new StringWriter();

        Assert.Equal(1, ClusterGatewayFlags.Parse(words, static _ => null).Print(TextWriter.Null, errors));

        Assert.Contains(problem, errors.ToString(), StringComparison.Ordinal);
    }

    private static GatewayOptions Parse(string[] flags)
    {
        var gateway = new ClusterGatewayFlags();
        return gateway.Bind(gateway.Set.Parse(flags, static _ => null));
    }
}
