using System.Net;
using System.Security.Cryptography;
using System.Text;
using ClusterProxy.Cli.Demo.Apis;
using ClusterProxy.Cli.Demo.Topology;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary>Many requests at one time over both clusters; the APIs answer none before all have arrived.</summary>
internal sealed class TogetherStep(DemoTopology topology, TimeProvider time) : IDemoStep
{
    private const int Requests = 200;
    private const int LongestBody = 64 * 1024;

    private int _answered;

    public string Name => $"{Requests} requests at one time to alpha and beta";

    public string Claim => "every request gets its own body back from the cluster it named";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        var answers = await Task.WhenAll(Enumerable.Range(0, Requests).Select(i => AskAsync(i, progress, cancellationToken)));
        var elapsed = time.GetElapsedTime(start);
        var wrong = answers.OfType<string>().ToArray();
        return wrong is []
            ? StepOutcome.Ok($"{Requests} of {Requests} got their own answer, all in flight at once", elapsed)
            : StepOutcome.Failed(Claim, $"{wrong.Length} of {Requests} did not, the first: {wrong[0]}");
    }

    /// <summary>What was wrong; null for nothing.</summary>
    private async Task<string?> AskAsync(int index, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var clusters = topology.Clusters;
        var cluster = clusters[index % clusters.Count].Name;
        var body = RandomNumberGenerator.GetBytes(Random.Shared.Next(1, LongestBody));
        using var content = new ByteArrayContent(body);
        using var answer = await topology.Frontend(FrontendKind.GrpcOverTls).Http.PostAsync(
            new Uri($"https://{cluster}/echo?together={Requests / clusters.Count}"), content, cancellationToken);
        var echo = await answer.Content.ReadAsByteArrayAsync(cancellationToken);
        progress.Report((double)Interlocked.Increment(ref _answered) / Requests);
        if (answer.StatusCode != HttpStatusCode.OK)
        {
            return $"{cluster} answered {(int)answer.StatusCode} {Encoding.UTF8.GetString(echo)}";
        }

        var from = answer.Headers.TryGetValues(ManagedApiRequests.ClusterHeader, out var names) ? string.Join(',', names) : "nobody";
        return from == cluster && echo.AsSpan().SequenceEqual(body)
            ? null
            : $"asked {cluster} with {body.Length} bytes, {from} answered with {echo.Length}{(echo.Length == body.Length ? " others" : "")}";
    }
}
