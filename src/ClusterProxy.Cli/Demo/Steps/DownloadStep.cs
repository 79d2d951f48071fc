using System.Net;
using System.Security.Cryptography;
using ClusterProxy.Cli.Demo.Apis;
using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Demo.Views;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>A long answer, hashed as it arrives.</summary>
internal sealed class DownloadStep(DemoTopology topology, long bytes, TimeProvider time) : IDemoStep
{
    private const ulong Seed = 1;

    public string Name => $"Download {Readable.Bytes(bytes)} from alpha";

    public string Claim => $"{bytes} bytes whose SHA-256 is that of the seed's bytes";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        using var answer = await topology.Frontend(FrontendKind.GrpcOverTls).Http.GetAsync(
            new Uri($"https://alpha/download?bytes={bytes}&seed={Seed}"), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        var latency = time.GetElapsedTime(start);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            return StepOutcome.Failed("200", $"{(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellationToken)}");
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var chunk = new byte[SeededContent.ChunkSize];
        var received = 0L;
        while (await body.ReadAsync(chunk, cancellationToken) is var read and > 0)
        {
            hash.AppendData(chunk, 0, read);
            received += read;
            progress.Report((double)received / bytes);
        }

        var elapsed = time.GetElapsedTime(start);
        var expected = SeededContent.Hash(Seed, bytes, cancellationToken);
        var actual = Convert.ToHexStringLower(hash.GetHashAndReset());
        return received == bytes && actual == expected
            ? StepOutcome.Ok($"SHA-256 {expected[..12]}… is right", latency, bytes / elapsed.TotalSeconds)
            : StepOutcome.Failed($"{bytes} bytes with SHA-256 {expected}", $"{received} bytes with SHA-256 {actual}");
    }
}
