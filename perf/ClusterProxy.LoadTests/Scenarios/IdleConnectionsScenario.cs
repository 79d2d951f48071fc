using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Targets;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>What connections cost that do nothing.</summary>
internal sealed class IdleConnectionsScenario() : Scenario("idle-connections")
{
    private const int OpenAtOnce = 16;
    private const int Handles = 20_000;

    public override string Unit => "KB server";

    public override bool HigherIsBetter => false;

    public override int MaxRounds => 1;

    public override bool NeedsOwnProcesses => true;

    public override TimeSpan Limit(ScenarioContext context) => TimeSpan.FromMinutes(context.Large ? 5 : 1);

    public override bool AppliesTo(TopologyPlan plan) => plan.Frontend is FrontendKind.GrpcUnix or FrontendKind.ConnectUnix;

    public override Topology Create(TopologyPlan plan, ScenarioContext context) =>
        QuietPrograms.Of(plan).Create(context.Rig, agents: context.Large ? 10 : 2);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var pair = ((ProxyTopology)topology).Pair;
        // A quarter of the count first: code, pools and thread stacks are no cost of a connection.
        // Half the handles of this process are the target's, the other half may be the frontend's; some are left over.
        var count = context.Large ? Math.Min(10_000, (Handles / 2) - 500) : 2_000;
        List<Stream> streams = [];
        try
        {
            await OpenAsync(topology, context, streams, count / 4, cancellationToken);
            await Task.Delay(QuietPrograms.Rest, cancellationToken);
            var (server, agents) = (ProcFiles.ReadTrees(pair.ServerIds), ProcFiles.ReadTrees(pair.AgentIds));
            await OpenAsync(topology, context, streams, count - streams.Count, cancellationToken);
            await Task.Delay(QuietPrograms.Rest, cancellationToken);
            var added = streams.Count - (count / 4);
            var serverAfter = ProcFiles.ReadTrees(pair.ServerIds);
            var agentsAfter = ProcFiles.ReadTrees(pair.AgentIds);
            return new Sample
            {
                Value = (serverAfter.ResidentBytes - server.ResidentBytes) / 1024.0 / added,
                Resident = (serverAfter + agentsAfter).ResidentBytes / (1024.0 * 1024.0),
                More = new Dictionary<string, double>
                {
                    ["KB agent"] = (agentsAfter.ResidentBytes - agents.ResidentBytes) / 1024.0 / added,
                    ["connections"] = streams.Count,
                },
            };
        }
        finally
        {
            await Task.WhenAll(streams.Select(async stream => await stream.DisposeAsync())).WaitAsync(TimeSpan.FromSeconds(30), CancellationToken.None);
        }
    }

    private static async Task OpenAsync(
        Topology topology, ScenarioContext context, List<Stream> streams, int count, CancellationToken cancellationToken)
    {
        var run = context.Rig.NextRun();
        for (var left = count; left > 0; left -= OpenAtOnce)
        {
            streams.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(OpenAtOnce, left)).Select(
                async _ => await topology.OpenAsync(TargetMode.Echo, run, cancellationToken))));
        }
    }
}
