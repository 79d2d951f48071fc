using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>Short connections for a while: memory and handles must end where they were.</summary>
internal sealed class ChurnScenario() : Scenario("churn")
{
    private const int Workers = 16;
    private const int Slices = 10;

    public override string Unit => "MiB/min";

    public override string CpuUnit => "µs";

    public override bool HigherIsBetter => false;

    public override int MaxRounds => 1;

    public override TimeSpan Limit(ScenarioContext context) => Length(context) + TimeSpan.FromSeconds(30);

    public override bool AppliesTo(TopologyPlan plan) => plan.Pair is not null && plan.Frontend is FrontendKind.GrpcUnix or FrontendKind.ConnectUnix;

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var handles = topology.ReadUse().Handles;
        var slice = Length(context) / Slices;
        List<double> resident = [];
        WindowFigures figures;
        LatencyHistogram latency;
        int open;
        double tables;
        await using (var load = new DialLoad(topology, context, Workers))
        {
            var sampling = SampleAsync(topology, resident, slice, cancellationToken);
            figures = await load.Window.MeasureAsync(topology, context.Settle, slice * Slices, () => load.Dials, cancellationToken);
            load.ThrowIfEnded();
            await sampling;
            await load.DisposeAsync();
            latency = load.Latency();
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            open = load.Target.Open;
            tables = topology is ProxyTopology { Pair: var pair } ? await ConnectionTables.SumAsync(pair.AllMetrics, cancellationToken) : 0;
        }

        // The first half fills heaps and pools.
        var perMinute = Slope(resident[(Slices / 2)..]) * (60 / slice.TotalSeconds);
        return Sample.Of(figures, perMinute, figures.Count, cpuScale: 1e6, latency) with
        {
            More = new Dictionary<string, double>
            {
                ["dials/s"] = figures.PerSecond,
                ["handles left"] = topology.ReadUse().Handles - handles,
                ["open at target"] = open,
                ["tables left"] = tables,
            },
        };
    }

    private static TimeSpan Length(ScenarioContext context) => context.Large ? TimeSpan.FromMinutes(10) : context.Window * 10;

    private static async Task SampleAsync(Topology topology, List<double> resident, TimeSpan slice, CancellationToken cancellationToken)
    {
        for (var i = 0; i < Slices; i++)
        {
            await Task.Delay(slice, cancellationToken);
            resident.Add(topology.ReadUse().ResidentBytes / (1024.0 * 1024.0));
        }
    }

    /// <summary>Least squares, in units of the values per step.</summary>
    private static double Slope(IReadOnlyList<double> values)
    {
        var middle = (values.Count - 1) / 2.0;
        var mean = values.Average();
        var covariance = values.Select((value, i) => (i - middle) * (value - mean)).Sum();
        return covariance / Enumerable.Range(0, values.Count).Sum(i => (i - middle) * (i - middle));
    }
}
