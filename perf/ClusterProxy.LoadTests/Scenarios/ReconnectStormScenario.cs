using System.Diagnostics;
using ClusterProxy.LoadTests.Fleet;
using ClusterProxy.LoadTests.Measuring;
using ClusterProxy.LoadTests.Topologies;

namespace ClusterProxy.LoadTests.Scenarios;

/// <summary>
/// A server is replaced and all of its agents come back at once. One of them, which is a process of its own, serves connections meanwhile,
/// and these are compared with the same ones when all is calm again.
/// </summary>
/// <param name="cold">
/// Whether all come as soon as the server is there, so that both are as new as the connections. Otherwise the one comes first, and the
/// others when its connections have been served for as long as a program needs to become warm.
/// </param>
internal sealed class ReconnectStormScenario(bool cold) : Scenario(cold ? "reconnect-storm-cold" : "reconnect-storm")
{
    private const int Connections = 8;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    public override string Unit => "s";

    public override string CpuUnit => "ms an agent";

    public override bool HigherIsBetter => false;

    public override int MaxRounds => 1;

    public override bool NeedsOwnProcesses => true;

    public override bool OnlyByName => true;

    public override TimeSpan Limit(ScenarioContext context) => TimeSpan.FromMinutes(3);

    // The agents' side does not depend on the frontend: one row a server.
    public override bool AppliesTo(TopologyPlan plan) => plan.Kind == TopologyKind.Own && plan.Frontend is FrontendKind.ConnectUnix;

    // Connections go through the real agent, which says so; the others only come back.
    public override Topology Create(TopologyPlan plan, ScenarioContext context) => (plan with
    {
        Pair = plan.Pair! with
        {
            ServerFlags = [.. plan.Pair.ServerFlags, "proxy-strategies=destHost"],
            AgentFlags = [.. plan.Pair.AgentFlags, "agent-identifiers=host=127.0.0.1", "sync-interval=100ms", "sync-interval-cap=1s"],
        },
    }).Create(context.Rig);

    public override async Task<Sample> RunAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        var pair = ((ProxyTopology)topology).Pair;
        var count = context.Large ? 5_000 : 2_000;
        await using var agents = new AgentPrograms(context.Rig, yields: true);
        await agents.StartAsync(count, [pair.AgentPort], cancellationToken);
        await WaitAsync(pair, count, cancellationToken);
        await Task.Delay(Rest, cancellationToken);

        if (!cold)
        {
            agents.Hold();
        }

        await pair.ReplaceServerAsync(cancellationToken);
        var started = Stopwatch.GetTimestamp();
        WindowFigures storm;
        LatencyHistogram stormLatency;
        double cpu;
        await using (var load = await ConnectAsync(topology, context, cancellationToken))
        {
            if (!cold)
            {
                await Task.Delay(WarmUp, cancellationToken);
                started = Stopwatch.GetTimestamp();
                agents.Release();
            }

            cpu = agents.CpuSeconds;
            (storm, stormLatency) = await MeasureAsync(load, topology, () => WaitAsync(pair, count, cancellationToken));
        }

        var (back, agentCpu) = (Stopwatch.GetElapsedTime(started).TotalSeconds, agents.CpuSeconds - cpu);
        await Task.Delay(Rest, cancellationToken);
        await using var after = await ConnectAsync(topology, context, cancellationToken);
        var (_, calm) = await MeasureAsync(after, topology, () => Task.Delay(2 * Rest, cancellationToken));
        return new Sample
        {
            Value = back,
            Cpu = storm.ProxyCpuSeconds * 1000 / count,
            LoadCpu = agentCpu * 1000 / count,
            P50 = stormLatency.Percentile(0.50)?.TotalMilliseconds,
            P99 = stormLatency.Percentile(0.99)?.TotalMilliseconds,
            Resident = storm.ResidentBytes / (1024.0 * 1024.0),
            More = new Dictionary<string, double>
            {
                ["agents"] = count,
                ["calm p99 ms"] = calm.Percentile(0.99)?.TotalMilliseconds ?? double.NaN,
                ["p99 × calm"] = stormLatency.Percentile(0.99) / calm.Percentile(0.99) ?? double.NaN,
            },
        };
    }

    /// <summary>Returns when the server has a tunnel of each, the real one included.</summary>
    private static async Task WaitAsync(ProxyPair pair, int count, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        while (HubCounts.Of(await http.GetStringAsync(pair.Metrics, cancellationToken)).Tunnels <= count)
        {
            await Task.Delay(Look, cancellationToken);
        }
    }

    private static async Task<(WindowFigures Figures, LatencyHistogram Latency)> MeasureAsync(EchoLoad load, Topology topology, Func<Task> until)
    {
        var figures = await load.Window.MeasureAsync(topology, until, () => load.RoundTrips);
        load.ThrowIfEnded();
        return (figures, load.Latency());
    }

    /// <summary>As soon as there is an agent.</summary>
    private static async Task<EchoLoad> ConnectAsync(Topology topology, ScenarioContext context, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await EchoLoad.StartAsync(topology, context, Connections, cancellationToken, Pause);
            }
            catch (IOException)
            {
                await Task.Delay(Look, cancellationToken);
            }
        }
    }
}
