using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Rate of short connections: dial, one small round trip, close.</summary>
internal sealed class DialScenario(int workers) : Scenario($"dial-{workers}")
{
    public override string Unit => "/s";

    public override string CpuUnit => "µs";

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await using var load = new DialLoad(topology, context, workers);
        var figures = await load.Window.MeasureAsync(topology, context.Settle, context.Window, () => load.Dials, cancellationToken);
        load.ThrowIfEnded();
        return Sample.Of(figures, figures.PerSecond, figures.Count, cpuScale: 1e6, load.Latency());
    }
}
