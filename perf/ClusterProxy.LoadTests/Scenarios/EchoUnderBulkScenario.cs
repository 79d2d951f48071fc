using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>How long a small round trip takes while four downloads run, and what the downloads lose by it.</summary>
internal sealed class EchoUnderBulkScenario() : Scenario("echo-under-bulk")
{
    private const int BulkConnections = 4;

    public override string Unit => "ms p99";

    public override string CpuUnit => "s/GB";

    public override bool HigherIsBetter => false;

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var bulk = await BulkFlows.StartAsync(topology, context, BulkDirection.Download, BulkConnections, cancellationToken);
        var alone = await new LoadWindow().MeasureAsync(topology, context.Settle, context.Window, () => bulk.Bytes, cancellationToken);
        await using var echo = await EchoLoad.StartAsync(topology, context, connections: 1, cancellationToken);
        var figures = await echo.Window.MeasureAsync(topology, context.Settle, context.Window, () => bulk.Bytes, cancellationToken);
        bulk.ThrowIfEnded();
        echo.ThrowIfEnded();
        var latency = echo.Latency();
        var p99 = latency.Percentile(0.99) ?? throw new IOException("no round trip ended while the downloads ran");
        return Sample.Of(figures, p99.TotalMilliseconds, figures.Count / 1e9, cpuScale: 1, latency) with
        {
            More = new Dictionary<string, double>
            {
                ["bulk MB/s"] = figures.PerSecond / 1e6,
                ["bulk kept %"] = 100 * figures.PerSecond / alone.PerSecond,
            },
        };
    }
}
