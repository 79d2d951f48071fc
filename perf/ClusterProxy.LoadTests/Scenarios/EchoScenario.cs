using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Small round trips on open connections.</summary>
internal sealed class EchoScenario(int connections) : Scenario($"echo-{connections}")
{
    public override string Unit => "/s";

    public override string CpuUnit => "µs";

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var load = await EchoLoad.StartAsync(topology, context, connections, cancellationToken);
        var figures = await load.Window.MeasureAsync(topology, context.Settle, context.Window, () => load.RoundTrips, cancellationToken);
        load.ThrowIfEnded();
        return Sample.Of(figures, figures.PerSecond, figures.Count, cpuScale: 1e6, load.Latency());
    }
}
