using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>What agents cost the server that are connected and do nothing.</summary>
internal sealed class IdleTunnelsScenario() : Scenario("idle-tunnels")
{
    private const int OpenAtOnce = 8;

    public override string Unit => "KB server";

    public override bool HigherIsBetter => false;

    public override int MaxRounds => 1;

    public override bool NeedsOwnProcesses => true;

    public override TimeSpan Limit(ScenarioContext context) => TimeSpan.FromMinutes(context.Large ? 5 : 1);

    // The agents' side does not depend on the frontend: one row a server.
    public override bool AppliesTo(TopologyPlan plan) => plan.Frontend is FrontendKind.GrpcUnix;

    public override Topology Create(TopologyPlan plan, ScenarioContext context) => QuietPrograms.Of(plan).Create(context.Rig);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var pair = ((ProxyTopology)topology).Pair;
        var count = context.Large ? 2_000 : 200;
        List<IdleAgent> agents = [];
        try
        {
            await OpenAsync(agents, context, pair, count / 4, cancellationToken);
            await Task.Delay(QuietPrograms.Rest, cancellationToken);
            var before = ProcFiles.ReadTrees(pair.ServerIds);
            await OpenAsync(agents, context, pair, count - agents.Count, cancellationToken);
            await Task.Delay(QuietPrograms.Rest, cancellationToken);
            var after = ProcFiles.ReadTrees(pair.ServerIds);
            return new Sample
            {
                Value = (after.ResidentBytes - before.ResidentBytes) / 1024.0 / (agents.Count - (count / 4)),
                Resident = after.ResidentBytes / (1024.0 * 1024.0),
                More = new Dictionary<string, double> { ["tunnels"] = agents.Count },
            };
        }
        finally
        {
            agents.ForEach(agent => agent.Dispose());
        }
    }

    private static async Task OpenAsync(
        List<IdleAgent> agents, ScenarioContext context, ProxyPair pair, int count, CancellationToken cancellationToken)
    {
        for (var left = count; left > 0; left -= OpenAtOnce)
        {
            agents.AddRange(await Task.WhenAll(Enumerable.Range(0, Math.Min(OpenAtOnce, left)).Select(
                i => IdleAgent.ConnectAsync(context.Rig, pair.AgentPort, $"idle-{agents.Count + i}", cancellationToken))));
        }
    }
}
