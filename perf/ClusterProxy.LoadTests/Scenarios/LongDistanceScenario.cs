using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>One connection across 100 ms of round trip between the two proxies.</summary>
internal sealed class LongDistanceScenario(BulkDirection direction)
    : Scenario($"{(direction == BulkDirection.Download ? "download" : "upload")}-100ms")
{
    private static readonly TimeSpan OneWay = TimeSpan.FromMilliseconds(50);

    // Windows that double each round trip need a second or two to reach their size.
    private static readonly TimeSpan RampUp = TimeSpan.FromSeconds(3);

    // Programs that have just started: ours open their lanes in the background, which takes round trips.
    private static readonly TimeSpan StartUp = TimeSpan.FromSeconds(2);

    public override string Unit => "MB/s";

    public override string CpuUnit => "s/GB";

    public override int MaxRounds => 1;

    public override bool NeedsOwnProcesses => true;

    public override bool AppliesTo(TopologyPlan plan) =>
        plan.Kind != TopologyKind.Direct && plan.Frontend is not (FrontendKind.GrpcTls or FrontendKind.ConnectTls);

    public override Topology Create(TopologyPlan plan, ScenarioContext context) => plan.Create(context.Rig, OneWay);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        await Task.Delay(StartUp, cancellationToken);
        await using var flows = await BulkFlows.StartAsync(topology, context, direction, connections: 1, cancellationToken);
        var figures = await new LoadWindow().MeasureAsync(topology, RampUp, context.Window * 2, () => flows.Bytes, cancellationToken);
        flows.ThrowIfEnded();
        return Sample.Of(figures, figures.PerSecond / 1e6, figures.Count / 1e9, cpuScale: 1);
    }
}
