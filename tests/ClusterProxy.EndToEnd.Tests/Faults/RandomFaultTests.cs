using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>
/// Everything at once over a way that is slow, stops, breaks or goes dark by a seed. What arrives is right, what does not
/// arrive is known to be missing, nothing is left over, and a dial works when the fault is past.
/// </summary>
public sealed class RandomFaultTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Rounds = 4;

    public static TheoryData<FaultPlace, FrontendKind> Places { get; } = new()
    {
        { FaultPlace.AgentToServer, FrontendKind.GrpcTls },
        { FaultPlace.AgentToServer, FrontendKind.GrpcUnix },
        { FaultPlace.AgentToServer, FrontendKind.LaneTls },
        { FaultPlace.AgentToServer, FrontendKind.LaneUnix },
        { FaultPlace.AgentToServer, FrontendKind.ConnectTls },
        { FaultPlace.AgentToServer, FrontendKind.ConnectUnix },
        { FaultPlace.FrontendToServer, FrontendKind.GrpcTls },
        { FaultPlace.FrontendToServer, FrontendKind.LaneTls },
        { FaultPlace.FrontendToServer, FrontendKind.ConnectTls },
        { FaultPlace.AgentToTarget, FrontendKind.GrpcTls },
        { FaultPlace.AgentToTarget, FrontendKind.LaneTls },
        { FaultPlace.AgentToTarget, FrontendKind.ConnectTls },
    };

    [Theory]
    [MemberData(nameof(Places))]
    public async Task Transfers_UnderRandomFaults_AreRightOrKnownToBeCut(FaultPlace place, FrontendKind kind)
    {
        var random = SeededRandom.Create(Output.WriteLine);
        var target = Own(new PatternTarget());
        var targetRelay = Own(new TcpRelay(target.Port));
        var fixture = await StartAsync(new() { Disturbed = false });
        var relay = place switch
        {
            FaultPlace.AgentToTarget => targetRelay,
            FaultPlace.AgentToServer => fixture.Relay,
            _ => fixture.FrontendRelay,
        };
        var round = new FaultRound(fixture.Client(kind), targetRelay.Address, target, random);
        for (var i = 0; i < Rounds; i++)
        {
            // Every other one only disturbs: then nothing may break.
            var plan = FaultPlan.Create(random.Next(), breaks: i % 2 == 1, bytes: 2 * FaultRound.BulkLength);
            Output.WriteLine($"round {i}, {plan}");
            await round.RunAsync(relay, plan, new FaultRule(place, kind, plan), Output.WriteLine);

            await fixture.WaitForAgentsAsync();
            await round.ShouldServeAgainAsync();
            await fixture.ShouldBecomeIdleAsync();
        }
    }
}
