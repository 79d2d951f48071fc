using System.Net;
using System.Text.Json;
using ClusterProxy.Cli.Demo.Apis;
using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Demo.Views;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>A long request body, hashed by the cluster's API.</summary>
internal sealed class UploadStep(DemoTopology topology, long bytes, TimeProvider time) : IDemoStep
{
    private const ulong Seed = 2;

    public string Name => $"Upload {Readable.Bytes(bytes)} to beta";

    public string Claim => $"beta counts {bytes} bytes and the SHA-256 of the seed's bytes";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using var content = new SeededHttpContent(Seed, bytes, progress);
        using var answer = await topology.Frontend(FrontendKind.GrpcOverTls).Http.PostAsync(
            new Uri("https://beta/upload"), content, cancellationToken);
        var body = await answer.Content.ReadAsStringAsync(cancellationToken);
        var elapsed = time.GetElapsedTime(start);
        var expected = new UploadReceipt("beta", bytes, SeededContent.Hash(Seed, bytes, cancellationToken));
        return answer.StatusCode == HttpStatusCode.OK
            && JsonSerializer.Deserialize(body, ManagedApiJson.Default.UploadReceipt) == expected
            ? StepOutcome.Ok($"SHA-256 {expected.Sha256[..12]}… is right", bytesPerSecond: bytes / elapsed.TotalSeconds)
            : StepOutcome.Failed($"200 {expected}", $"{(int)answer.StatusCode} {body}");
    }
}
