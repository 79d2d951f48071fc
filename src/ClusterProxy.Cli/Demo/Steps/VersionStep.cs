using System.Text.Json;
using ClusterProxy.Cli.Demo.Apis;
using ClusterProxy.Cli.Demo.Topology;
using ClusterProxy.Cli.Demo.Views;

namespace ClusterProxy.Cli.Demo.Steps;

/// <summary><c>GET https://&lt;cluster&gt;/version</c> for each cluster, by one way into the tunnel.</summary>
internal sealed class VersionStep(DemoTopology topology, FrontendKind kind, string way, TimeProvider time) : IDemoStep
{
    public string Name => $"GET /version of alpha and beta, {way}";

    public string Claim => "each cluster answers 200 with its own name";

    public async Task<StepOutcome> RunAsync(IProgress<double> progress, CancellationToken cancellationToken)
    {
        var http = topology.Frontend(kind).Http;
        var first = new List<TimeSpan>();
        var second = new List<TimeSpan>();
        foreach (var (cluster, latencies) in topology.Clusters.SelectMany(c => new[] { (c.Name, first), (c.Name, second) }))
        {
            var start = time.GetTimestamp();
            using var answer = await http.GetAsync(new Uri($"https://{cluster}/version"), cancellationToken);
            var body = await answer.Content.ReadAsStringAsync(cancellationToken);
            latencies.Add(time.GetElapsedTime(start));
            var version = answer.IsSuccessStatusCode
                ? JsonSerializer.Deserialize(body, ManagedApiJson.Default.ClusterVersion)
                : null;
            if (version?.Cluster != cluster)
            {
                return StepOutcome.Failed($"200 and cluster {cluster}", $"{(int)answer.StatusCode} {body}");
            }

            progress.Report((double)(first.Count + second.Count) / (2 * topology.Clusters.Count));
        }

        return StepOutcome.Ok(
            $"each said its own name; again on the open connection: {Readable.Duration(Mean(second))}", Mean(first));
    }

    private static TimeSpan Mean(List<TimeSpan> latencies) => latencies.Aggregate(static (a, b) => a + b) / latencies.Count;
}
