using ClusterProxy.Client;
using Xunit.Abstractions;

namespace ClusterProxy.EndToEnd.Tests.Faults;

/// <summary>
/// Everything at once over a way that is slow, stops, breaks or goes dark by a seed. What arrives is right, what does not
/// arrive is known to be missing, nothing is left over, and a dial works when the fault is past.
/// </summary>
public sealed class RandomFaultTests(ITestOutputHelper output) : TunnelTest(output)
{
    private const int Rounds = 4;
    private const int BulkLength = 1_500_000;

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
        var client = fixture.Client(kind);
        for (var round = 0; round < Rounds; round++)
        {
            // Every other one only disturbs: then nothing may break.
            var plan = FaultPlan.Create(random.Next(), breaks: round % 2 == 1, bytes: 2 * BulkLength);
            Output.WriteLine($"round {round}, {plan}");
            var transfers = Requests(random).Select(r => new Transfer(client, targetRelay.Address, r).RunAsync()).ToList();
            var faults = plan.RunAsync(relay, TimeProvider.System, CancellationToken.None);
            var results = await Task.WhenAll(transfers).DefaultTimeout();
            await faults.DefaultTimeout();
            foreach (var result in results)
            {
                Output.WriteLine($"{result.End} {result.Request} {result.Detail}");
            }

            await target.Open.WaitForAsync(0).DefaultTimeout();
            var known = new FaultRule(place, kind, plan);
            Assert.All(results, known.Check);
            known.CheckUploads(results, [.. target.Uploads.Items.TakeLast(results.Count(r => r.Request.Mode == PatternMode.Upload))]);

            await fixture.WaitForAgentsAsync();
            var again = await DialAgainAsync(client, targetRelay.Address, random.Next());
            Assert.Equal(TransferEnd.Complete, again.End);
            await fixture.ShouldBecomeIdleAsync();
        }
    }

    private static List<PatternRequest> Requests(SeededRandom random)
    {
        PatternRequest New(PatternMode mode, int length) => new(mode, random.Next(), length);
        List<PatternRequest> bulk =
        [
            New(PatternMode.Download, BulkLength), New(PatternMode.Download, random.Next(1, BulkLength)),
            New(PatternMode.Upload, BulkLength), New(PatternMode.Upload, random.Next(1, BulkLength)),
            New(PatternMode.Echo, BulkLength / 2),
        ];
        return [.. bulk, .. Enumerable.Range(0, 20).Select(_ => New((PatternMode)random.Next(1, 4), random.Next(1, 20_000)))];
    }

    private static async Task<TransferResult> DialAgainAsync(TunnelClient client, string address, int seed)
    {
        var result = await new Transfer(client, address, new(PatternMode.Echo, seed, 100_000)).RunAsync();

        // The agent's tunnel, or the client's pooled connection, may have been found broken only now.
        return result.End == TransferEnd.Complete
            ? result
            : await Eventually.ObserveAsync(
                () => new Transfer(client, address, new(PatternMode.Echo, seed, 100_000)).RunAsync(), static r => r.End == TransferEnd.Complete);
    }
}
