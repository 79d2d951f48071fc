using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Throughput of a few connections in one direction.</summary>
internal sealed class BulkScenario(BulkDirection direction, int connections)
    : Scenario($"{(direction == BulkDirection.Download ? "download" : "upload")}-{connections}")
{
    public override string Unit => "MB/s";

    public override string CpuUnit => "s/GB";

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var flows = await BulkFlows.StartAsync(topology, context, direction, connections, cancellationToken);
        var figures = await new LoadWindow().MeasureAsync(topology, context.Settle, context.Window, () => flows.Bytes, cancellationToken);
        flows.ThrowIfEnded();
        return Sample.Of(figures, figures.PerSecond / 1e6, figures.Count / 1e9, cpuScale: 1);
    }
}
