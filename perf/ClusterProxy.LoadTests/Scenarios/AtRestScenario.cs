using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>What a connected agent holds that was never asked for anything.</summary>
internal sealed class AtRestScenario() : Scenario("at-rest")
{
    public override string Unit => "MiB agent";

    public override bool HigherIsBetter => false;

    public override int MaxRounds => 1;

    public override bool NeedsOwnProcesses => true;

    public override bool AppliesTo(TopologyPlan plan) => plan.Frontend is FrontendKind.GrpcUnix;

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var pair = ((ProxyTopology)topology).Pair;
        var before = topology.ReadUse();
        var length = TimeSpan.FromSeconds(5);
        await Task.Delay(length, cancellationToken);
        var after = topology.ReadUse();
        return new Sample
        {
            Value = ProcFiles.ReadTrees(pair.AgentIds).ResidentBytes / (1024.0 * 1024.0),
            Resident = after.ResidentBytes / (1024.0 * 1024.0),
            More = new Dictionary<string, double>
            {
                ["MiB server"] = ProcFiles.ReadTrees(pair.ServerIds).ResidentBytes / (1024.0 * 1024.0),
                ["CPU ms/s"] = 1000 * (after.CpuSeconds - before.CpuSeconds) / length.TotalSeconds,
            },
        };
    }
}
