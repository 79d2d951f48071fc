using ClusterProxy.EndToEnd.Tests.Faults;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Fleet;

/// <summary>As <see cref="RandomFaultTests"/>, for connections that another server forwards to one of the agent's two.</summary>
public sealed class FleetRandomFaultTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Rounds = 3;

    [Theory]
    [InlineData(FrontendKind.GrpcTls)]
    [InlineData(FrontendKind.ConnectTls)]
    [InlineData(FrontendKind.LaneTls)]
    public async Task ForwardedTransfers_WhoseAgentsWayBreaks_AreRightOrKnownToBeCut(FrontendKind kind)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var target = Own(new PatternTarget());
        var fleet = Own(await FleetFixture.StartAsync());
        await fleet.StartAgentAsync("alpha", target.Address, 1, 2);
        var round = new FaultRound(fleet.Client(kind, server: 0), "alpha:1", target, random);
        for (var i = 0; i < Rounds; i++)
        {
            var plan = FaultPlan.Create(random.Next(), breaks: true, bytes: FaultRound.BulkLength);
            Output.WriteLine($"round {i}, {plan}");

            await round.RunAsync(fleet.AgentRelay(1 + (i % 2)), plan, new FaultRule(FaultPlace.AgentToServer, kind, plan), Output.WriteLine);

            await round.ShouldServeAgainAsync();
        }
    }
}
